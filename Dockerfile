# The course in one image: for JupyterHub, for Binder, or alone (see docs/instructor.md):
#   docker build -t adain-lab .
#   docker run --rm -p 8888:8888 adain-lab
# Without a GPU the image is several GB smaller with PyTorch's wheels for processors: name their index with
#   --build-arg PIP_EXTRA_INDEX_URL=...
FROM python:3.11-slim-bookworm

ARG NB_USER=jovyan
ARG NB_UID=1000
ARG PIP_EXTRA_INDEX_URL=""

RUN useradd --create-home --uid ${NB_UID} --shell /bin/bash ${NB_USER}

# The package with weights, samples and lessons is installed read-only; whoever works here works in a copy.
COPY . /opt/adain_lab
RUN PIP_EXTRA_INDEX_URL="${PIP_EXTRA_INDEX_URL}" pip install --no-cache-dir "/opt/adain_lab[studio,video]" "jupyterhub>=5" "notebook>=7" \
    && rm -rf /opt/adain_lab

# One thread per kernel: neighbours on the same cores would wait on each other's threads.
ENV OMP_NUM_THREADS=1 HOME=/home/${NB_USER}
USER ${NB_USER}
WORKDIR /home/${NB_USER}
RUN adain-lab lab adain_lab_course --copy-only

EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", "adain_lab_course/00_start_here.ipynb"]
