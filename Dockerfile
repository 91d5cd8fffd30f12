# Weir alone in an image: no shell, no libraries, no user but a number.
#
#   docker build --tag weir .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --volume weir:/var/lib/weir weir
#
# That listens to the container's own address 127.0.0.1, as a sidecar does; docs/packaging.md has
# the options for others. There is no HEALTHCHECK, since nothing in the image could ask:
# an orchestrator asks GET /health and /ready.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools ca-certificates
WORKDIR /weir
COPY Cargo.toml Cargo.lock Makefile ./
COPY guest guest/
COPY host host/
COPY contrib contrib/
COPY tests tests/
COPY weir weir/
COPY wit wit/
RUN make static REQUIRE_STATIC=1 \
    && mkdir -p /image/usr/bin /image/tmp /image/var/lib /image/etc/ssl/certs \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && chmod 1777 /image/tmp \
    && install -m 755 out/static/weir /image/usr/bin/weir \
    && install -d -m 700 -o 65532 -g 65532 /state

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /state /var/lib/weir
ENV XDG_CACHE_HOME=/var/lib/weir/cache
USER 65532:65532
VOLUME /var/lib/weir
EXPOSE 8400
ENTRYPOINT ["/usr/bin/weir"]
CMD ["serve", "--checkpoint", "/var/lib/weir/checkpoint"]
