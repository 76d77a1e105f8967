using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Bom;

/// <summary>
/// Verifies the bill of materials: the rules of CycloneDX 1.6's schema for what a hand-off uses, and those the schema lacks: references
/// lead somewhere, every file has its hash, numbers are those of the evidence.
/// </summary>
internal static partial class BomCheck
{
    private static readonly string[] Types = ["machine-learning-model", "data", "file", "application", "library", "framework"];

    public static void Run(HandoffContext context)
    {
        var bom = HandoffJson.Parse(context.Folder.Read(HandoffFiles.Bom), "MESH9540", HandoffFiles.Bom);
        var subject = bom.Member("metadata")?.Member("component") ?? default;
        var components = bom.Items("components").Prepend(subject).ToList();
        if (!CheckForm(context, bom, components)) return;
        CheckReferences(context, bom, subject, components);
        CheckHashes(context, components);
        CheckNumbers(context, subject);
        context.Note = $"{components.Count} components";
    }

    private static bool CheckForm(HandoffContext context, JsonElement bom, List<JsonElement> components)
    {
        bool holds = true;
        Require(bom.Text("bomFormat") == "CycloneDX" && bom.Text("specVersion") == "1.6", "it is no CycloneDX 1.6");
        Require(bom.Text("serialNumber") is { } serial && Serial().IsMatch(serial), "'serialNumber' is no urn:uuid");
        Require(bom.Member("version") is { ValueKind: JsonValueKind.Number } version && version.TryGetInt32(out int number) && number >= 1, "'version' is no whole number from 1");
        Require(DateTimeOffset.TryParse(bom.Member("metadata")?.Text("timestamp"), out _), "'metadata.timestamp' is no time");
        foreach (var component in components)
        {
            Require(component.Text("type") is { } type && Types.Contains(type), $"a component has type '{component.Text("type")}'");
            Require(component.Text("name") is { Length: > 0 }, "a component has no name");
            Require(component.Text("bom-ref") is { Length: > 0 }, $"the component '{component.Text("name")}' has no 'bom-ref'");
            Require(component.Member("modelCard") is null || component.Text("type") == "machine-learning-model", $"the component '{component.Text("name")}' has a model card, but is no model");
            foreach (var metric in component.Member("modelCard")?.Member("quantitativeAnalysis")?.Items("performanceMetrics") ?? [])
            {
                Require(metric.Text("value") is not null && metric.Text("type") is not null, "a metric has no type or value as text");
            }
        }

        foreach (var dependency in bom.Items("dependencies")) Require(dependency.Text("ref") is not null, "a dependency has no 'ref'");
        return holds;

        void Require(bool condition, string problem)
        {
            if (condition) return;
            holds = false;
            context.Report("MESH9540", HandoffFiles.Bom, problem);
        }
    }

    private static void CheckReferences(HandoffContext context, JsonElement bom, JsonElement subject, List<JsonElement> components)
    {
        var known = new HashSet<string>();
        foreach (var component in components.Where(component => !known.Add(component.Text("bom-ref")!))) context.Report("MESH9541", HandoffFiles.Bom, $"'{component.Text("bom-ref")}' is there twice");
        var used = bom.Items("dependencies").SelectMany(dependency => dependency.Items("dependsOn").Select(on => on.GetString()!).Prepend(dependency.Text("ref")!))
            .Concat(subject.Member("modelCard")?.Member("modelParameters")?.Items("datasets").Select(dataset => dataset.Text("ref") ?? "") ?? []);
        foreach (string reference in used.Distinct().Where(reference => !known.Contains(reference))) context.Report("MESH9541", HandoffFiles.Bom, $"'{reference}' is referred to, but not there");
        foreach (var input in context.Facts.Lineage.Inputs.Where(input => !known.Contains($"data:{input.Table}@{input.SnapshotId}")))
        {
            context.Report("MESH9541", HandoffFiles.Bom, $"it lacks the data set {input.Table} at snapshot {input.SnapshotId}");
        }
    }

    private static void CheckHashes(HandoffContext context, List<JsonElement> components)
    {
        var covered = new HashSet<string>();
        foreach (var component in components.Where(component => component.Text("type") is "machine-learning-model" or "file"))
        {
            string? path = component.Items("properties").FirstOrDefault(property => property.Text("name") == "mesh:path").Text("value");
            string? hash = component.Items("hashes").FirstOrDefault(hash => hash.Text("alg") == "SHA-256").Text("content");
            if (hash is null || path is null) context.Report("MESH9542", HandoffFiles.Bom, $"'{component.Text("bom-ref")}' has no SHA-256 or no path");
            else if (!context.Folder.Has(path)) context.Report("MESH9543", HandoffFiles.Bom, $"'{component.Text("bom-ref")}' is '{path}', which is not there");
            else if (context.Folder.Digest(path).Sha256 != hash) context.Report("MESH9543", HandoffFiles.Bom, $"it gives '{path}' the SHA-256 {hash}, which it has not");
            if (path is not null) covered.Add(path);
        }

        foreach (string path in context.Folder.ListBelow(HandoffFiles.ModelFolder).Concat(context.Folder.ListBelow(HandoffFiles.Variants).Where(path => !path.EndsWith($"/{Compression.VariantManifest.FileName}", StringComparison.Ordinal))))
        {
            if (!covered.Contains(path)) context.Report("MESH9542", HandoffFiles.Bom, $"it says nothing of '{path}'");
        }
    }

    private static void CheckNumbers(HandoffContext context, JsonElement subject)
    {
        string written = Normal(subject.Member("modelCard")?.Member("quantitativeAnalysis")?.Member("performanceMetrics") is { } metrics ? JsonNode.Parse(metrics.GetRawText()) : new JsonArray());
        if (written != Normal(BomWriter.Metrics(context.Facts))) context.Report("MESH9544", HandoffFiles.Bom, $"its results are not those of {HandoffFiles.TrainerCard} and {HandoffFiles.Evaluation}");
        if (!context.Folder.Read(HandoffFiles.Card).AsSpan().SequenceEqual(ModelCardText.Write(context.Facts))) context.Report("MESH9544", HandoffFiles.Card, "it does not say what the documents of the bundle say");

        static string Normal(JsonNode? node) => node?.ToJsonString(HandoffJson.Options) ?? "";
    }

    [GeneratedRegex("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    private static partial Regex Serial();
}
