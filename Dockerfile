# evwall from its repository: `docker build --build-arg COMMIT=$(git rev-parse HEAD) -t evwall .`
#
#   docker run --rm --network host -v evwall:/var/lib/evwall evwall serve --behind-proxy --telemetry ws://bus.example/feed
#
# The host's network, because the proxy that speaks TLS before it, Prometheus and the proxy before platforms are believed, or heard at
# all, on this machine's own address only.
FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends npm \
    && rm -rf /var/lib/apt/lists/*
COPY --from=node:22-bookworm-slim /usr/local/bin/node /usr/local/bin/node
WORKDIR /evwall
COPY . .
ARG COMMIT=unknown
ENV EVWALL_COMMIT=$COMMIT
RUN cargo xtask dist && tar -xzf target/dist/evwall-*.tar.gz -C / --strip-components=1 --one-top-level=out

FROM debian:bookworm-slim
RUN useradd --system --no-create-home evwall && install -d -o evwall -m 0700 /var/lib/evwall
COPY --from=build /out/bin/evwall /usr/local/bin/evwall
USER evwall
ENV EVWALL_DATA_DIR=/var/lib/evwall
VOLUME /var/lib/evwall
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/evwall"]
CMD ["serve"]
