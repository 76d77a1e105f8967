using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;
using Mesh.Training.Jobs;

namespace Mesh.Training.Handoff.Provenance;

/// <summary>How a job's result came about: SLSA provenance v1 in an in-toto statement v1, signed in a DSSE envelope.</summary>
internal static class ProvenanceWriter
{
    public const string StatementType = "https://in-toto.io/Statement/v1";
    public const string PredicateType = "https://slsa.dev/provenance/v1";

    /// <summary>The build type: a job under <c>mesh.job/v1</c>.</summary>
    public const string BuildType = "urn:mesh:build-type:job/v1";

    /// <summary>The builder: Mesh, which starts the trainer as a process of its own and checks what it leaves.</summary>
    public const string Builder = "urn:mesh:builder:process/v1";

    /// <summary>What a job is asked for from outside; a verifier refuses others.</summary>
    public static readonly IReadOnlyList<string> ExternalParameters =
        ["model", "base_version", "kind", "trainer", "trigger_id", "rule", "topology", "inputs", "hyperparameters", "gates", "holdouts"];

    /// <summary>Writes the provenance of the job that made a model.</summary>
    /// <param name="facts">What the bundle holds so far.</param>
    /// <param name="job">The job; null when it is not known any more.</param>
    /// <param name="baseSha256">SHA-256 of the version it was compared with; null when there is none.</param>
    /// <param name="key">The builder's key.</param>
    public static byte[] Write(HandoffFacts facts, JobEntry? job, string? baseSha256, SigningKey key)
    {
        var statement = new JsonObject
        {
            ["_type"] = StatementType,
            ["subject"] = Subjects(facts, HandoffFiles.ModelFolder),
            ["predicateType"] = PredicateType,
            ["predicate"] = new JsonObject
            {
                ["buildDefinition"] = new JsonObject
                {
                    ["buildType"] = BuildType,
                    ["externalParameters"] = External(facts),
                    ["internalParameters"] = Internal(facts),
                    ["resolvedDependencies"] = new JsonArray([.. Dependencies(facts, baseSha256)]),
                },
                ["runDetails"] = Run(facts, job),
            },
        };
        return HandoffJson.Write(DsseEnvelope.Sign(HandoffJson.Write(statement), key, key.Sha256));
    }

    /// <summary>The files of a folder of the bundle with their digests.</summary>
    public static JsonArray Subjects(HandoffFacts facts, string folder) =>
        new([.. facts.Folder.ListBelow(folder).Select(name => new JsonObject { ["name"] = name, ["digest"] = Sha256(facts.Folder.Digest(name).Sha256) })]);

    /// <summary>Name and digest of an input: of the list of its files, which never change once written.</summary>
    public static (string Uri, string Sha256) DigestOf(JobInput input) => (
        $"mesh:table/{input.Table}?snapshot={input.SnapshotId.ToString(CultureInfo.InvariantCulture)}",
        Decision.HashOf(CanonicalJson.Of(new JsonArray([.. input.Files.Select(file => file.Sha256 is null ? new JsonArray(file.Uri, file.Bytes, file.Rows) : new JsonArray(file.Uri, file.Bytes, file.Rows, file.Sha256))]))));

    private static JsonObject External(HandoffFacts facts)
    {
        var lineage = facts.Lineage;
        var parameters = new JsonObject
        {
            ["model"] = facts.Manifest.Subject.Name,
            ["trainer"] = lineage.Job.Trainer,
            ["trigger_id"] = lineage.Job.TriggerId,
            ["rule"] = lineage.Job.Rule,
            ["topology"] = lineage.Job.Topology,
            ["inputs"] = new JsonArray([.. lineage.Inputs.Select(input => new JsonObject
            {
                ["product"] = input.Product, ["table"] = input.Table, ["snapshot_id"] = input.SnapshotId, ["from_snapshot_id"] = input.FromSnapshotId,
            })]),
            ["hyperparameters"] = JsonSerializer.SerializeToNode(lineage.Job.Hyperparameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(), HandoffJson.Options),
        };
        if (facts.Spec is not { } spec) return parameters;
        parameters["kind"] = spec.Kind.ToWord();
        if (spec.Model.BaseVersion is { } version) parameters["base_version"] = version;
        parameters["gates"] = JsonSerializer.SerializeToNode(spec.Gates, HandoffJson.Options);
        parameters["holdouts"] = new JsonArray([.. spec.Holdouts.Select(holdout => new JsonObject { ["name"] = holdout.Name, ["digest"] = holdout.Digest })]);
        return parameters;
    }

    private static JsonObject Internal(HandoffFacts facts)
    {
        var parameters = new JsonObject
        {
            ["seed"] = facts.Card.Seed.ToString(CultureInfo.InvariantCulture), ["framework"] = facts.Card.Framework, ["device"] = facts.Card.Device,
        };
        if (facts.Spec is not { } spec) return parameters;
        parameters["pool"] = spec.Resources.Pool;
        parameters["attempt"] = spec.Attempt;
        return parameters;
    }

    private static IEnumerable<JsonNode> Dependencies(HandoffFacts facts, string? baseSha256)
    {
        yield return Dependency("recordings", "mesh:recordings", GateEvaluator.DigestOf(facts.Lineage.Recordings.Select(recording => recording.IngestId)), "ids of the recordings");
        yield return Code(facts.Lineage.Job.CodeVersion);
        if (facts.Spec is not { } spec) yield break;
        yield return Dependency("job-spec", HandoffFiles.JobSpec, facts.Folder.Digest(HandoffFiles.JobSpec).Sha256, "the file");
        foreach (var input in spec.Inputs)
        {
            var (uri, sha256) = DigestOf(input);
            yield return Dependency("input", uri, sha256, "canonical JSON of the files as [uri, bytes, rows, SHA-256 where known]");
        }

        foreach (var holdout in spec.Holdouts) yield return Dependency("holdout", $"mesh:holdout/{holdout.Name}", holdout.Digest, "table, snapshot, filter, files and recordings");
        if (spec.Model.BaseVersion is { } version) yield return Dependency("base-model", $"mesh:model/{spec.Model.Name}@{version.ToString(CultureInfo.InvariantCulture)}", baseSha256, "the ONNX file");
    }

    // A version that names its commit ends in + and 40 digits; what ran is not known more closely otherwise, and so it says.
    private static JsonObject Code(string version)
    {
        var code = new JsonObject { ["name"] = "mesh", ["uri"] = $"pkg:generic/mesh@{Uri.EscapeDataString(version)}" };
        string commit = version[(version.IndexOf('+', StringComparison.Ordinal) + 1)..];
        if (commit.Length == 40 && commit.All(char.IsAsciiHexDigitLower)) code["digest"] = new JsonObject { ["gitCommit"] = commit };
        else code["annotations"] = new JsonObject { ["digest"] = "not recorded" };
        return code;
    }

    /// <summary>Something that was read, with its digest or the word that there is none.</summary>
    public static JsonObject Dependency(string name, string uri, string? sha256, string of)
    {
        var dependency = new JsonObject { ["name"] = name, ["uri"] = uri };
        if (sha256 is not null) dependency["digest"] = Sha256(sha256);
        dependency["annotations"] = new JsonObject { ["digest_of"] = sha256 is null ? "not recorded" : of };
        return dependency;
    }

    private static JsonObject Run(HandoffFacts facts, JobEntry? job)
    {
        var metadata = new JsonObject { ["invocationId"] = facts.Lineage.Job.JobId };
        if (job?.StartedAt is { } started) metadata["startedOn"] = Time(started);
        if (job?.FinishedAt is { } finished) metadata["finishedOn"] = Time(finished);
        return new JsonObject
        {
            ["builder"] = new JsonObject { ["id"] = Builder, ["version"] = new JsonObject { ["mesh"] = facts.Lineage.Job.CodeVersion } },
            ["metadata"] = metadata,
            ["byproducts"] = new JsonArray([.. new[] { HandoffFiles.TrainerCard, HandoffFiles.Evaluation }.Where(facts.Folder.Has)
                .Select(name => new JsonObject { ["name"] = name, ["digest"] = Sha256(facts.Folder.Digest(name).Sha256) })]),
        };
    }

    private static JsonObject Sha256(string digest) => new() { ["sha256"] = digest };

    /// <summary>A time as SLSA writes it, in whole seconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
