using System.Globalization;
using System.Text.Json.Nodes;
using Mesh.Training.Compression;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Provenance;

/// <summary>How a variant came about: from which model, by which profile, calibrated with what, through which commands of vendors' tools.</summary>
internal static class VariantProvenance
{
    /// <summary>The build type: a profile of compression.</summary>
    public const string BuildType = "urn:mesh:build-type:compression/v1";

    /// <summary>What a compression is asked for from outside; a verifier refuses others.</summary>
    public static readonly IReadOnlyList<string> ExternalParameters = ["model", "version", "profile", "target", "settings"];

    /// <summary>Writes the provenance of a variant.</summary>
    /// <param name="facts">What the bundle holds so far.</param>
    /// <param name="profile">The variant's profile.</param>
    /// <param name="codeVersion">Version of the program that writes; which one compressed is not kept.</param>
    /// <param name="key">The builder's key.</param>
    public static byte[] Write(HandoffFacts facts, string profile, string codeVersion, SigningKey key)
    {
        var variant = facts.Variant(profile);
        var dependencies = new JsonArray { ProvenanceWriter.Dependency("model", HandoffFiles.Model, variant.ParentSha256, "the ONNX file") };
        if (variant.Calibration is { } calibration)
        {
            dependencies.Add((JsonNode)ProvenanceWriter.Dependency(
                "calibration", $"mesh:table/{calibration.Table}?snapshot={calibration.SnapshotId}", calibration.Digest, $"the {calibration.Samples.ToString(CultureInfo.InvariantCulture)} samples"));
        }

        foreach (var command in variant.Commands.Where(command => command.Ran))
        {
            dependencies.Add((JsonNode)ProvenanceWriter.Dependency(Path.GetFileName(command.Program), $"pkg:generic/{Uri.EscapeDataString(Path.GetFileName(command.Program))}@{Uri.EscapeDataString(command.ToolVersion ?? "unknown")}", null, ""));
        }

        var external = new JsonObject
        {
            ["model"] = variant.Model, ["version"] = variant.Version, ["profile"] = variant.Profile, ["target"] = VariantNames.Of(variant.Target),
        };
        if (variant.Settings is { } settings) external["settings"] = JsonNode.Parse(settings.GetRawText());
        var statement = new JsonObject
        {
            ["_type"] = ProvenanceWriter.StatementType,
            ["subject"] = ProvenanceWriter.Subjects(facts, FolderOf(profile)),
            ["predicateType"] = ProvenanceWriter.PredicateType,
            ["predicate"] = new JsonObject
            {
                ["buildDefinition"] = new JsonObject
                {
                    ["buildType"] = BuildType,
                    ["externalParameters"] = external,
                    ["internalParameters"] = new JsonObject
                    {
                        ["commands"] = new JsonArray([.. variant.Commands.Select(command => new JsonObject
                        {
                            ["program"] = command.Program, ["arguments"] = new JsonArray([.. command.Arguments.Select(argument => JsonValue.Create(argument))]), ["ran"] = command.Ran,
                        })]),
                    },
                    ["resolvedDependencies"] = dependencies,
                },
                ["runDetails"] = new JsonObject
                {
                    ["builder"] = new JsonObject { ["id"] = ProvenanceWriter.Builder, ["version"] = new JsonObject { ["attested_by"] = codeVersion } },
                    ["metadata"] = new JsonObject { ["invocationId"] = InvocationOf(facts, profile), ["finishedOn"] = ProvenanceWriter.Time(variant.CreatedAt) },
                },
            },
        };
        return HandoffJson.Write(DsseEnvelope.Sign(HandoffJson.Write(statement), key, key.Sha256));
    }

    /// <summary>Folder of a variant in the bundle.</summary>
    public static string FolderOf(string profile) => $"{HandoffFiles.Variants}/{profile}";

    /// <summary>What identifies the compression of a profile.</summary>
    public static string InvocationOf(HandoffFacts facts, string profile) => $"{facts.Subject}/{profile}";
}
