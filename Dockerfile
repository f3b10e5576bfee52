# `peu serve` in a small image: what prediction and the service need, and nothing that trains.
#
#   docker build -t peu .
#   docker run --rm -p 8000:8000 -e PEU_API_KEY="$(openssl rand -hex 24)" -v "$PWD/model:/model:ro" peu

FROM python:3.12-slim AS build
WORKDIR /source
RUN pip install --no-cache-dir "pip>=25.1" && python -m venv /opt/peu
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
# The group names what a saved model needs to answer; peu's other dependencies are for training.
RUN /opt/peu/bin/python -m pip install --no-cache-dir --upgrade "pip>=25.1" \
    && /opt/peu/bin/python -m pip install --no-cache-dir --group serving \
    && /opt/peu/bin/python -m pip install --no-cache-dir --no-deps . \
    && /opt/peu/bin/python -m pip uninstall --yes pip

FROM python:3.12-slim
COPY --from=build /opt/peu /opt/peu
RUN useradd --system --no-create-home --uid 10001 peu
USER peu
ENV PATH=/opt/peu/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PEU_CACHE=/tmp/peu ORT_DISABLE_TELEMETRY=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v2/health/ready', timeout=4)"]
# A key has to come with PEU_API_KEY or a mounted --api-key-file: without one this is refused.
ENTRYPOINT ["peu", "serve", "--host", "0.0.0.0", "--port", "8000"]
CMD ["/model"]
