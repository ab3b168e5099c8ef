# The images of all services, for amd64 and arm64:
#
#   ZEPHYR_REGISTRY=registry.example/ ZEPHYR_VERSION=0.1.0 docker buildx bake --file deploy/docker-bake.hcl --push
#
# Needs a multi-platform builder, created once: docker buildx create --use

variable "ZEPHYR_REGISTRY" {
  default = ""
}

variable "ZEPHYR_VERSION" {
  default = "local"
}

group "default" {
  targets = ["service"]
}

target "service" {
  name = "zephyr-${service}"
  matrix = {
    service = ["proxy", "prober", "controller", "cli"]
  }
  context    = "."
  dockerfile = "Dockerfile"
  target     = service
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${ZEPHYR_REGISTRY}zephyr-${service}:${ZEPHYR_VERSION}"]
}
