using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Mesh.Testing;

namespace Mesh.Training.Tests.Kubernetes;

/// <summary>
/// A server that answers for Jobs, pods and logs as the conventions of the Kubernetes API say (resource versions that grow with every change, watch
/// events with bookmarks, 409 AlreadyExists, 410 Expired, 429 with Retry-After, Status objects, foreground deletion), and runs a Job's command as
/// a process of this machine in place of the kubelet. A connection is one request, as HTTP/1.1 with <c>Connection: close</c> allows.
/// </summary>
internal sealed class ApiServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly X509Certificate2? certificate;
    private readonly List<(int Version, string Type, JsonObject Job)> history = [];
    private readonly Dictionary<string, JsonObject> jobs = [];
    private readonly Dictionary<string, JsonObject> pods = [];
    private readonly Dictionary<string, string> logs = [];
    private readonly Dictionary<string, ToolRun> runs = [];
    private readonly Lock gate = new();
    private int version = 1000;
    private int oldest = 1000;

    public ApiServer(X509Certificate2? certificate = null)
    {
        this.certificate = certificate;
        listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Requests so far: method and path.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Values of the Authorization header so far.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = new();

    /// <summary>Subjects of client certificates so far.</summary>
    public ConcurrentQueue<string> Clients { get; } = new();

    /// <summary>Answers, one each, given in place of the right ones to requests that begin so.</summary>
    public ConcurrentQueue<(string Begin, int Status, string Headers, bool DoesIt)> Faults { get; } = new();

    /// <summary>Longest watch; the server ends it then.</summary>
    public TimeSpan WatchFor { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether Jobs run at once; else they wait for <see cref="Begin"/>.</summary>
    public bool RunsJobs { get; set; } = true;

    public IReadOnlyList<JsonObject> Jobs
    {
        get
        {
            lock (gate) return [.. jobs.Values.Select(job => job.DeepClone().AsObject())];
        }
    }

    public IReadOnlyList<JsonObject> Pods
    {
        get
        {
            lock (gate) return [.. pods.Values.Select(pod => pod.DeepClone().AsObject())];
        }
    }

    /// <summary>Forgets what happened so far: a watch from there is answered with 410.</summary>
    public void Compact()
    {
        lock (gate) oldest = ++version;
    }

    /// <summary>Begins a suspended or waiting Job, as Kueue or the scheduler would.</summary>
    public void Begin(string name)
    {
        lock (gate)
        {
            var job = jobs[name];
            job["spec"]!["suspend"] = false;
            Change("MODIFIED", job);
            StartPod(job);
        }
    }

    /// <summary>Takes the machine of a Job's pod away: SIGTERM, and a new pod elsewhere because the policy ignores disruptions.</summary>
    public void Evict(string name)
    {
        ToolRun run;
        lock (gate)
        {
            run = runs[name];
            run.IsDisrupted = true;
        }

        run.Terminate();
    }

    /// <summary>Deletes a Job behind everybody's back.</summary>
    public void DeleteJob(string name)
    {
        lock (gate)
        {
            Delete(name);
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        lock (gate)
        {
            foreach (var run in runs.Values) run.Kill();
        }

        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            Stream stream = client.GetStream();
            if (certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = certificate, ClientCertificateRequired = true, RemoteCertificateValidationCallback = (_, client, _, _) => client?.Issuer == certificate.Issuer,
                    },
                    stop.Token);
                if (tls.RemoteCertificate is { } remote) Clients.Enqueue(remote.Subject);
                stream = tls;
            }

            var (method, target, headers, body) = await ReadRequestAsync(stream);
            Requests.Enqueue($"{method} {target}");
            if (headers.TryGetValue("authorization", out string? authorization)) Authorizations.Enqueue(authorization);
            if (Faults.TryPeek(out var fault) && $"{method} {target}".StartsWith(fault.Begin, StringComparison.Ordinal) && Faults.TryDequeue(out fault))
            {
                if (fault.DoesIt) await AnswerAsync(Stream.Null, method, target, body);
                // Status 0: the connection breaks before the answer.
                if (fault.Status != 0) await WriteAsync(stream, fault.Status, Status(fault.Status, "Fault", "as the test says"), fault.Headers);
                return;
            }

            await AnswerAsync(stream, method, target, body);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or AuthenticationException or SocketException)
        {
            // The client has gone.
        }
    }

    private static async Task<(string Method, string Target, Dictionary<string, string> Headers, string Body)> ReadRequestAsync(Stream stream)
    {
        var bytes = new List<byte>();
        byte[] one = new byte[1];
        while (!(bytes.Count > 3 && bytes[^1] == '\n' && bytes[^2] == '\r' && bytes[^3] == '\n'))
        {
            if (await stream.ReadAsync(one) == 0) throw new IOException("no request");
            bytes.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. bytes]).Split("\r\n");
        var headers = lines.Skip(1).Where(line => line.Contains(':')).ToDictionary(line => line.Split(':')[0].ToLowerInvariant(), line => line[(line.IndexOf(':') + 1)..].Trim());
        byte[] body = new byte[headers.TryGetValue("content-length", out string? length) ? int.Parse(length) : 0];
        await stream.ReadExactlyAsync(body);
        return (lines[0].Split(' ')[0], lines[0].Split(' ')[1], headers, Encoding.UTF8.GetString(body));
    }

    private async Task AnswerAsync(Stream stream, string method, string target, string body)
    {
        string path = target.Split('?')[0];
        var query = target.Contains('?') ? target.Split('?')[1].Split('&').ToDictionary(part => part.Split('=')[0], part => Uri.UnescapeDataString(part.Split('=')[1])) : [];
        string[] parts = path.Trim('/').Split('/');
        if (query.ContainsKey("watch")) await WatchAsync(stream, query);
        else if (parts is [.., "pods", var pod, "log"]) await LogAsync(stream, pod);
        else
        {
            var (status, answer) = (method, parts) switch
            {
                ("POST", ["apis", "batch", "v1", "namespaces", _, "jobs"]) => Create(JsonNode.Parse(body)!.AsObject()),
                ("GET", ["apis", "batch", "v1", "namespaces", _, "jobs", var name]) => Get(name),
                ("DELETE", ["apis", "batch", "v1", "namespaces", _, "jobs", var name]) => Remove(name),
                ("GET", ["api", "v1", "namespaces", _, "pods"]) => ListPods(query["labelSelector"].Split('=')[1]),
                _ => (404, Status(404, "NotFound", "the server could not find the requested resource")),
            };
            await WriteAsync(stream, status, answer, "");
        }
    }

    private (int Status, JsonObject Answer) Create(JsonObject job)
    {
        lock (gate)
        {
            string name = (string)job["metadata"]!["name"]!;
            if (jobs.ContainsKey(name)) return (409, Status(409, "AlreadyExists", $"jobs.batch \"{name}\" already exists"));
            job["metadata"]!["uid"] = Guid.NewGuid().ToString();
            job["metadata"]!["creationTimestamp"] = "2026-01-01T00:00:00Z";
            job["status"] = new JsonObject();
            jobs[name] = job;
            Change("ADDED", job);
            if (RunsJobs && (bool?)job["spec"]!["suspend"] != true) StartPod(job);
            return (201, job.DeepClone().AsObject());
        }
    }

    private (int Status, JsonObject Answer) Get(string name)
    {
        lock (gate) return jobs.TryGetValue(name, out var job) ? (200, job.DeepClone().AsObject()) : (404, Status(404, "NotFound", $"jobs.batch \"{name}\" not found"));
    }

    private (int Status, JsonObject Answer) Remove(string name)
    {
        lock (gate)
        {
            if (!jobs.TryGetValue(name, out var job)) return (404, Status(404, "NotFound", $"jobs.batch \"{name}\" not found"));
            // Foreground: the Job stays until its pods are gone.
            job["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:01Z";
            Change("MODIFIED", job);
            if (runs.TryGetValue(name, out var run))
            {
                run.IsDeleted = true;
                run.Terminate();
            }
            else
            {
                Delete(name);
            }

            return (200, job.DeepClone().AsObject());
        }
    }

    private void Delete(string name)
    {
        if (jobs.Remove(name, out var job)) Change("DELETED", job);
        foreach (string pod in pods.Keys.Where(pod => pod.StartsWith(name, StringComparison.Ordinal)).ToList()) pods.Remove(pod);
    }

    private (int Status, JsonObject Answer) ListPods(string jobName)
    {
        lock (gate)
        {
            var items = pods.Values.Where(pod => (string)pod["metadata"]!["labels"]!["job-name"]! == jobName).Select(pod => (JsonNode)pod.DeepClone());
            return (200, new JsonObject { ["kind"] = "PodList", ["apiVersion"] = "v1", ["items"] = new JsonArray([.. items]) });
        }
    }

    private async Task WatchAsync(Stream stream, Dictionary<string, string> query)
    {
        string name = query["fieldSelector"].Split('=')[1];
        int seen = int.Parse(query["resourceVersion"]);
        bool isExpired;
        lock (gate) isExpired = seen < oldest;
        await WriteHeadAsync(stream, 200, "application/json");
        // The conventions have both: 410 as a status and, as here, as an event of a watch that was accepted.
        if (isExpired)
        {
            await LineAsync(stream, "ERROR", Status(410, "Expired", $"too old resource version: {seen} ({oldest})"));
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        end.CancelAfter(WatchFor);
        while (!end.IsCancellationRequested)
        {
            List<(int Version, string Type, JsonObject Job)> news;
            lock (gate) news = [.. history.Where(change => change.Version > seen && (string)change.Job["metadata"]!["name"]! == name)];
            foreach (var (number, type, job) in news)
            {
                await LineAsync(stream, type, job);
                seen = number;
            }

            if (news.Count == 0) await LineAsync(stream, "BOOKMARK", new JsonObject { ["kind"] = "Job", ["apiVersion"] = "batch/v1", ["metadata"] = new JsonObject { ["resourceVersion"] = seen.ToString() } });
            await Task.Delay(50, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LogAsync(Stream stream, string pod)
    {
        await WriteHeadAsync(stream, 200, "text/plain");
        int sent = 0;
        while (!stop.IsCancellationRequested)
        {
            string text;
            bool isOver;
            lock (gate)
            {
                text = logs.GetValueOrDefault(pod, "");
                isOver = !pods.TryGetValue(pod, out var found) || (string)found["status"]!["phase"]! is "Succeeded" or "Failed";
            }

            if (text.Length > sent) await stream.WriteAsync(Encoding.UTF8.GetBytes(text[sent..]));
            sent = text.Length;
            if (isOver) return;
            await Task.Delay(20);
        }
    }

    // Under the lock.
    private void StartPod(JsonObject job)
    {
        string name = (string)job["metadata"]!["name"]!;
        string pod = $"{name}-{Guid.NewGuid().ToString()[..5]}";
        pods[pod] = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = pod, ["labels"] = new JsonObject { ["job-name"] = name }, ["creationTimestamp"] = $"2026-01-01T00:00:{pods.Count + 10}Z" },
            ["status"] = new JsonObject { ["phase"] = "Running" },
        };
        var container = job["spec"]!["template"]!["spec"]!["containers"]![0]!;
        var run = new ToolRun(container, text =>
        {
            lock (gate) logs[pod] = logs.GetValueOrDefault(pod, "") + text;
        });
        runs[name] = run;
        run.Start(exitCode => Ended(name, pod, run, exitCode));
    }

    private void Ended(string name, string pod, ToolRun run, int exitCode)
    {
        lock (gate)
        {
            if (pods.TryGetValue(pod, out var found))
            {
                found["status"] = new JsonObject
                {
                    ["phase"] = exitCode == 0 ? "Succeeded" : "Failed",
                    ["containerStatuses"] = new JsonArray(new JsonObject
                    {
                        ["name"] = "trainer", ["state"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = exitCode, ["reason"] = exitCode == 0 ? "Completed" : "Error" } },
                    }),
                };
            }

            if (!jobs.TryGetValue(name, out var job)) return;
            if (run.IsDeleted) Delete(name);
            else if (exitCode == 0) Condition(job, "Complete", "CompletionsReached", "Reached expected number of succeeded pods");
            else if (run.IsDisrupted || exitCode == 143) StartPod(job);
            else if (exitCode == 2) Condition(job, "Failed", "PodFailurePolicy", "Container trainer failed with exit code 2 matching FailJob rule at index 1");
            else Condition(job, "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
    }

    private void Condition(JsonObject job, string type, string reason, string message)
    {
        job["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = type, ["status"] = "True", ["reason"] = reason, ["message"] = message }) };
        Change("MODIFIED", job);
    }

    private void Change(string type, JsonObject job)
    {
        job["metadata"]!["resourceVersion"] = (++version).ToString();
        history.Add((version, type, job.DeepClone().AsObject()));
    }

    private static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Failure", ["message"] = message, ["reason"] = reason, ["code"] = code,
    };

    private static Task LineAsync(Stream stream, string type, JsonObject item) =>
        stream.WriteAsync(Encoding.UTF8.GetBytes(new JsonObject { ["type"] = type, ["object"] = item.DeepClone() }.ToJsonString() + "\n")).AsTask();

    private static Task WriteHeadAsync(Stream stream, int status, string type, string headers = "") =>
        stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: {type}\r\n{headers}Connection: close\r\n\r\n")).AsTask();

    private static async Task WriteAsync(Stream stream, int status, JsonObject answer, string headers)
    {
        await WriteHeadAsync(stream, status, "application/json", headers);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
    }
}
