using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Training.Running;

namespace Mesh.Training.Kubernetes;

/// <summary>An attempt as a Job of <c>batch/v1</c>.</summary>
internal static class JobManifest
{
    /// <summary>Name of the container that runs the trainer.</summary>
    public const string Container = "trainer";

    /// <summary>Annotation with the SHA-256 of the spec: a Job that is found under our name is ours only with the same.</summary>
    public const string SpecAnnotation = "mesh.spec-sha256";

    private const string BuiltInPrefix = "builtin/";
    private const int SecondsToLive = 24 * 3600;

    /// <summary>Name of an attempt's Job: the same attempt has the same, so that it is made once.</summary>
    public static string NameOf(string jobId, int attempt) => $"mesh-{jobId}-{attempt.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>SHA-256 of a spec's file.</summary>
    public static string DigestOf(string specFile) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(specFile)));

    /// <summary>Makes the manifest.</summary>
    public static JsonObject Make(AttemptPlan plan, KubernetesPoolOptions cluster, TimeSpan grace)
    {
        var spec = plan.Spec;
        var labels = new JsonObject { ["app.kubernetes.io/managed-by"] = "mesh", ["mesh.job-id"] = spec.JobId, ["mesh.kind"] = spec.Kind.ToWord(), ["mesh.pool"] = plan.Pool.Name };
        var jobLabels = labels.DeepClone().AsObject();
        if (cluster.Queue is { } queue) jobLabels["kueue.x-k8s.io/queue-name"] = queue;
        var job = new JsonObject
        {
            ["backoffLimit"] = 0,
            ["completions"] = 1,
            ["parallelism"] = 1,
            ["activeDeadlineSeconds"] = spec.Resources.MaxSeconds,
            ["ttlSecondsAfterFinished"] = SecondsToLive,
            ["podFailurePolicy"] = FailurePolicy(),
            ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels }, ["spec"] = Pod(plan, cluster, grace) },
        };
        // Kueue clears it when the quota is there; the deadline counts from then on.
        if (cluster.Queue is not null) job["suspend"] = true;
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = NameOf(spec.JobId, spec.Attempt),
                ["labels"] = jobLabels,
                ["annotations"] = new JsonObject { [SpecAnnotation] = DigestOf(plan.Folder.SpecFile) },
            },
            ["spec"] = job,
        };
    }

    // Mesh itself tries again, with a new Job. A pod whose machine is taken away, or that says it was pre-empted, is replaced by Kubernetes and
    // goes on from its checkpoint within the same attempt; what says that it never works ends at once.
    private static JsonObject FailurePolicy() => new()
    {
        ["rules"] = new JsonArray(
            new JsonObject { ["action"] = "Ignore", ["onPodConditions"] = new JsonArray(new JsonObject { ["type"] = "DisruptionTarget", ["status"] = "True" }) },
            new JsonObject { ["action"] = "FailJob", ["onExitCodes"] = new JsonObject { ["containerName"] = Container, ["operator"] = "In", ["values"] = new JsonArray(2) } },
            new JsonObject { ["action"] = "Ignore", ["onExitCodes"] = new JsonObject { ["containerName"] = Container, ["operator"] = "In", ["values"] = new JsonArray(143) } }),
    };

    private static JsonObject Pod(AttemptPlan plan, KubernetesPoolOptions cluster, TimeSpan grace)
    {
        var (user, group) = cluster.RunAs ?? (GetUser(), GetGroup());
        var pod = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["automountServiceAccountToken"] = false,
            ["terminationGracePeriodSeconds"] = (long)Math.Ceiling(grace.TotalSeconds),
            ["securityContext"] = new JsonObject { ["runAsUser"] = user, ["runAsGroup"] = group, ["fsGroup"] = group },
            ["containers"] = new JsonArray(ContainerOf(plan, cluster)),
            ["volumes"] = new JsonArray(new JsonObject { ["name"] = "job", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = cluster.Claim } }),
        };
        if (cluster.NodeSelector.Count > 0)
        {
            var selector = new JsonObject();
            foreach (var (key, value) in cluster.NodeSelector) selector[key] = value;
            pod["nodeSelector"] = selector;
        }

        if (cluster.Tolerations.Count > 0) pod["tolerations"] = new JsonArray([.. cluster.Tolerations.Select(Toleration)]);
        return pod;
    }

    private static JsonNode Toleration((string Key, string Value, string Effect) taint)
    {
        var toleration = new JsonObject { ["key"] = taint.Key, ["operator"] = taint.Value.Length > 0 ? "Equal" : "Exists" };
        if (taint.Value.Length > 0) toleration["value"] = taint.Value;
        if (taint.Effect.Length > 0) toleration["effect"] = taint.Effect;
        return toleration;
    }

    private static JsonObject ContainerOf(AttemptPlan plan, KubernetesPoolOptions cluster)
    {
        var (spec, folder) = (plan.Spec, plan.Folder);
        var environment = new JsonArray();
        void Set(string name, string value) => environment.Add(new JsonObject { ["name"] = name, ["value"] = value });
        Set("MESH_JOB_SPEC", folder.SpecFile);
        Set("MESH_INPUT_DIR", folder.Input);
        Set("MESH_OUTPUT_DIR", folder.OutputOf(spec.Attempt));
        Set("MESH_CHECKPOINT_DIR", folder.Checkpoint);
        Set("MESH_JOB_ID", spec.JobId);
        Set("MESH_ATTEMPT", spec.Attempt.ToString(CultureInfo.InvariantCulture));
        if (plan.TraceParent is not null) Set("TRACEPARENT", plan.TraceParent);

        var limits = new JsonObject();
        if (spec.Resources.Cores is { } cores) limits["cpu"] = ((long)Math.Ceiling(cores * 1000)).ToString(CultureInfo.InvariantCulture) + "m";
        if (spec.Resources.MemoryBytes is { } bytes) limits["memory"] = bytes.ToString(CultureInfo.InvariantCulture);
        if (spec.Resources.Accelerators > 0 && cluster.Resource is { } resource) limits[resource] = spec.Resources.Accelerators.ToString(CultureInfo.InvariantCulture);
        string[] words = spec.Code.Trainer.StartsWith(BuiltInPrefix, StringComparison.Ordinal) ? ["mesh", "trainer", spec.Code.Trainer] : Words(spec.Code.Trainer);
        return new JsonObject
        {
            ["name"] = Container,
            ["image"] = cluster.Image,
            ["command"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]),
            ["workingDir"] = folder.Path,
            ["env"] = environment,
            ["resources"] = new JsonObject { ["limits"] = limits, ["requests"] = limits.DeepClone() },
            ["securityContext"] = new JsonObject { ["allowPrivilegeEscalation"] = false, ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") } },
            // Only this job's folder, and where Mesh has it too: paths mean the same on both sides.
            ["volumeMounts"] = new JsonArray(new JsonObject
            {
                ["name"] = "job", ["mountPath"] = folder.Path, ["subPath"] = $"{cluster.ClaimPath.Trim('/')}/{spec.JobId}".TrimStart('/'),
            }),
        };
    }

    private static string[] Words(string trainer)
    {
        var (file, arguments) = TrainerCommand.Resolve(trainer);
        return [file, .. arguments];
    }

    private static long GetUser() => OperatingSystem.IsWindows() ? 0 : EffectiveUser();

    private static long GetGroup() => OperatingSystem.IsWindows() ? 0 : EffectiveGroup();

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();

    [DllImport("libc", EntryPoint = "getegid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveGroup();
}
