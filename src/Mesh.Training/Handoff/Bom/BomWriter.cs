using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Training.Compression;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Bom;

/// <summary>Bill of materials in CycloneDX 1.6: the model with its card, the variants, other files, data sets and the program that made them.</summary>
internal static class BomWriter
{
    private const string PathProperty = "mesh:path";

    public static byte[] Write(HandoffFacts facts) => HandoffJson.Write(Make(facts));

    private static JsonObject Make(HandoffFacts facts)
    {
        var manifest = facts.Manifest;
        string model = $"model:{facts.Subject}";
        string trainer = $"tool:mesh@{facts.Lineage.Job.CodeVersion}";
        var components = new JsonArray();
        var dependencies = new JsonArray();
        var datasets = facts.Lineage.Inputs.Select(input => ($"data:{input.Table}@{input.SnapshotId}", input)).DistinctBy(pair => pair.Item1).ToList();
        foreach (var (reference, input) in datasets)
        {
            components.Add(new JsonObject
            {
                ["bom-ref"] = reference, ["type"] = "data", ["name"] = input.Product, ["version"] = input.SnapshotId,
                ["data"] = new JsonArray(new JsonObject { ["type"] = "dataset", ["name"] = input.Table, ["description"] = $"{input.Rows.ToString(CultureInfo.InvariantCulture)} rows at snapshot {input.SnapshotId}; recordings in {HandoffFiles.Lineage}" }),
            });
        }

        components.Add(new JsonObject { ["bom-ref"] = trainer, ["type"] = "application", ["name"] = "mesh", ["version"] = facts.Lineage.Job.CodeVersion });
        foreach (string name in facts.Folder.ListBelow(HandoffFiles.ModelFolder).Where(name => name != HandoffFiles.Model))
        {
            components.Add(File(facts, $"file:{name}", "file", name["model/".Length..], facts.Subject, name));
        }

        var own = new List<string>();
        foreach (string profile in manifest.Variants)
        {
            var variant = facts.Variant(profile);
            foreach (var file in variant.Files)
            {
                string name = $"{HandoffFiles.Variants}/{profile}/{file.Path}";
                bool isModel = file.Role is VariantRoles.Model or VariantRoles.Simulation or VariantRoles.Compiled;
                components.Add(File(facts, $"file:{name}", isModel ? "machine-learning-model" : "file", isModel ? $"{manifest.Subject.Name}-{profile}" : file.Path, facts.Subject, name));
                if (isModel) own.Add($"file:{name}");
            }
        }

        dependencies.Add(Dependency(model, [.. datasets.Select(pair => pair.Item1), trainer]));
        foreach (string variant in own) dependencies.Add(Dependency(variant, [model]));
        var subject = File(facts, model, "machine-learning-model", manifest.Subject.Name, manifest.Subject.Version.ToString(CultureInfo.InvariantCulture), HandoffFiles.Model);
        subject["modelCard"] = Card(facts, datasets.Select(pair => pair.Item1));
        return new JsonObject
        {
            ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["serialNumber"] = SerialOf(facts),
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["timestamp"] = manifest.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["tools"] = new JsonObject { ["components"] = new JsonArray(new JsonObject { ["type"] = "application", ["name"] = "mesh", ["version"] = manifest.CreatedBy["mesh ".Length..] }) },
                ["component"] = subject,
            },
            ["components"] = components,
            ["dependencies"] = dependencies,
        };
    }

    /// <summary>Results as the card has them: of the trainer's metrics and, with their intervals, of the slices. Values are text, as the format asks.</summary>
    public static JsonArray Metrics(HandoffFacts facts)
    {
        var metrics = new JsonArray();
        foreach (var (name, value) in facts.Card.Metrics.Where(metric => double.IsFinite(metric.Value)).OrderBy(metric => metric.Key, StringComparer.Ordinal))
        {
            metrics.Add(new JsonObject { ["type"] = name, ["value"] = Text(value) });
        }

        foreach (var (column, slice, results) in Slices(facts))
        {
            double? count = Number(results, "count");
            foreach (var result in results.EnumerateObject().Where(result => result.Name != "count" && result.Value.ValueKind == JsonValueKind.Number))
            {
                var metric = new JsonObject { ["type"] = result.Name, ["value"] = Text(result.Value.GetDouble()), ["slice"] = $"{column}={slice}" };
                if (result.Name == "accuracy" && count is > 0)
                {
                    var (low, high) = Wilson.Interval(result.Value.GetDouble(), count.Value);
                    metric["confidenceInterval"] = new JsonObject { ["lowerBound"] = Text(low), ["upperBound"] = Text(high) };
                }

                metrics.Add(metric);
            }
        }

        return metrics;
    }

    /// <summary>Slices of the trainer's evaluation, by column and value.</summary>
    public static IEnumerable<(string Column, string Value, JsonElement Results)> Slices(HandoffFacts facts) =>
        from column in facts.Evaluation?.Member("slices") is { ValueKind: JsonValueKind.Object } slices ? slices.EnumerateObject().ToArray() : []
        where column.Value.ValueKind == JsonValueKind.Object
        from slice in column.Value.EnumerateObject()
        where slice.Value.ValueKind == JsonValueKind.Object
        select (column.Name, slice.Name, slice.Value);

    public static double? Number(JsonElement element, string member) => element.Member(member) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    /// <summary>What limits the use of the model, as far as it is recorded.</summary>
    public static IReadOnlyList<string> Limitations(HandoffFacts facts) =>
    [
        "Where, when and for what the model may be used is not recorded: the integrator decides.",
        .. facts.Contract.Unknowns.Select(unknown => $"Not recorded: {unknown.Field} (ask {unknown.Owner})."),
    ];

    // The same bundle has the same number: RFC 9562, version 8, from what identifies it.
    private static string SerialOf(HandoffFacts facts)
    {
        byte[] hash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{facts.Subject} {facts.Manifest.Subject.Sha256} {facts.Manifest.CreatedAt:O}"))[..16];
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return $"urn:uuid:{new Guid(hash, bigEndian: true)}";
    }

    private static JsonObject Card(HandoffFacts facts, IEnumerable<string> datasets)
    {
        var contract = facts.Contract;
        return new JsonObject
        {
            ["modelParameters"] = new JsonObject
            {
                ["datasets"] = new JsonArray([.. datasets.Select(reference => new JsonObject { ["ref"] = reference })]),
                ["inputs"] = new JsonArray([.. contract.Inputs.Select(Format)]),
                ["outputs"] = new JsonArray([.. contract.Outputs.Select(Format)]),
            },
            ["quantitativeAnalysis"] = new JsonObject { ["performanceMetrics"] = Metrics(facts) },
            ["considerations"] = new JsonObject { ["technicalLimitations"] = new JsonArray([.. Limitations(facts).Select(text => JsonValue.Create(text))]) },
        };

        static JsonNode Format(Contract.ContractValue value) => new JsonObject { ["format"] = ModelCardText.Describe(value) };
    }

    private static JsonObject File(HandoffFacts facts, string reference, string type, string name, string version, string path) => new()
    {
        ["bom-ref"] = reference,
        ["type"] = type,
        ["name"] = name,
        ["version"] = version,
        ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-256", ["content"] = facts.Folder.Digest(path).Sha256 }),
        ["properties"] = new JsonArray(new JsonObject { ["name"] = PathProperty, ["value"] = path }),
    };

    private static JsonObject Dependency(string reference, string[] on) => new() { ["ref"] = reference, ["dependsOn"] = new JsonArray([.. on.Select(other => JsonValue.Create(other))]) };

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
