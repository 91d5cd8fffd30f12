"""A standalone cluster of one machine, on the loopback interface: a job manager and task managers
as processes of their own, with their settings, logs and checkpoints in one folder."""
import json, os, pathlib, shutil, signal, socket, subprocess, sys, time, urllib.error, urllib.request

import pyflink, yaml

HOME = pathlib.Path(pyflink.__file__).parent
HERE = pathlib.Path(__file__).parent.resolve()
PYTHON = HERE.parent / "python"


def settings(folder, slots, rest):
    # What Flink needs opened of Java's modules is in its own file.
    java = yaml.safe_load((HOME / "conf" / "config.yaml").read_text())["env"]["java"]["opts"]["all"]
    return {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": free_port(),
        "jobmanager.bind-host": "127.0.0.1",
        "jobmanager.memory.process.size": "1024m",
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.numberOfTaskSlots": slots,
        "taskmanager.memory.process.size": "1536m",
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": rest,
        "heartbeat.interval": 1000,
        "heartbeat.timeout": 10000,
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": 3,
        "restart-strategy.fixed-delay.delay": "1 s",
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        "io.tmp.dirs": f"{folder}/tmp",
        "env.java.opts.all": f"{java} -Djava.net.preferIPv4Stack=true",
    }


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Cluster:
    def __init__(self, folder, managers=3, slots=2):
        self.used = {}
        self.folder, self.port = pathlib.Path(folder).resolve(), free_port()
        for name in ("conf", "tmp", "logs"):
            (self.folder / name).mkdir(parents=True)
        for file in (HOME / "conf").glob("log4j*"):
            shutil.copy(file, self.folder / "conf")
        (self.folder / "conf" / "config.yaml").write_text(
            yaml.safe_dump(settings(self.folder, slots, self.port), width=10000)
        )
        self.environment = {**os.environ, "FLINK_CONF_DIR": str(self.folder / "conf"), "FLINK_HOME": str(HOME)}
        self.processes = [self.start("jobmanager", 0)]
        self.processes += [self.start("taskmanager", number) for number in range(1, managers + 1)]
        self.wait("task managers", lambda: self.get("/overview")["taskmanagers"] == managers)

    def start(self, role, number):
        name = f"{role}-{number}"
        more = ["-D", f"taskmanager.resource-id={name}"] if number else []
        log = open(self.folder / "logs" / f"{name}.log", "wb")
        command = ["bash", HOME / "bin" / f"{role}.sh", "start-foreground", *more]
        return subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, start_new_session=True)

    def submit(self, parallelism, *arguments):
        """Starts the job, and answers its id."""
        modules = f"{PYTHON}/detector.py,{PYTHON}/conversions.py"
        command = ["bash", HOME / "bin" / "flink", "run", "--detached", "--parallelism", str(parallelism)]
        command += ["--python", HERE / "job.py", "--pyFiles", modules, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"flink run: {done.stdout}{done.stderr}")
        return done.stdout.split("JobID")[1].split()[0]

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer)

    def wait(self, what, condition, seconds=600):
        """Waits until it holds; what cannot be asked yet does not hold."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if answer := condition():
                    return answer
            except (urllib.error.URLError, ConnectionError, TimeoutError, KeyError):
                pass
            if self.processes[0].poll() is not None:
                raise RuntimeError(f"the job manager ended: see {self.folder}/logs")
            self.processor_seconds()  # as long as they can be asked
            time.sleep(0.2)
        raise TimeoutError(f"{what}: not within {seconds} s; see {self.folder}/logs")

    def end(self, job):
        """Waits for the job's end, and answers how many seconds it took."""
        def over():
            state = self.get(f"/jobs/{job}")
            if state["state"] in ("FAILED", "CANCELED"):
                raise RuntimeError(f"the job {state['state']}: see {self.folder}/logs")
            return state["state"] == "FINISHED" and state
        return self.wait("the job's end", over, 3000)["duration"] / 1000

    def processor_seconds(self):
        """What the cluster's processes have used so far, those that have ended included."""
        sessions = {str(process.pid) for process in self.processes}
        for file in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = file.read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            if fields[3] in sessions:
                self.used[file, fields[19]] = int(fields[11]) + int(fields[12])
        return sum(self.used.values()) / os.sysconf("SC_CLK_TCK")

    def kill(self, number):
        """Ends a task manager at once, and what it started."""
        os.killpg(self.processes[number].pid, signal.SIGKILL)

    def stop(self):
        for process in self.processes[::-1]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            process.wait(60)
