using System.Globalization;
using System.Text;
using Mesh.Training.Handoff.Contract;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Bom;

/// <summary>The model card for people: Markdown with the front matter that Hugging Face's tools read. Every number is that of a document of the bundle.</summary>
internal static class ModelCardText
{
    public static byte[] Write(HandoffFacts facts)
    {
        var (manifest, lineage, contract) = (facts.Manifest, facts.Lineage, facts.Contract);
        var text = new StringBuilder();
        string dataset = lineage.Inputs.Select(input => input.Product).FirstOrDefault() ?? "unknown";
        string revision = lineage.Inputs.Select(input => input.SnapshotId).FirstOrDefault() ?? "unknown";
        var metrics = facts.Card.Metrics.Where(metric => double.IsFinite(metric.Value)).OrderBy(metric => metric.Key, StringComparer.Ordinal).ToList();
        Line("---");
        Line("license: other");
        Line("license_name: unknown");
        Line("library_name: onnx");
        if (metrics.Count > 0)
        {
            Line("model-index:");
            Line($"- name: {Quote(facts.Subject)}");
            Line("  results:");
            Line("  - task: {type: other}");
            Line($"    dataset: {{type: {Quote($"mesh/{dataset}")}, name: {Quote(dataset)}, revision: {Quote(revision)}}}");
            Line("    metrics:");
            foreach (var (name, value) in metrics) Line($"    - {{type: {Quote(name)}, value: {Number(value)}}}");
        }

        Line("---");
        Line($"# {facts.Subject}");
        Line("");
        Line($"SHA-256 `{manifest.Subject.Sha256}`, {manifest.Subject.State}, registered {manifest.Subject.RegisteredAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}. Made by job `{lineage.Job.JobId}` with `{lineage.Job.Trainer}`, Mesh {lineage.Job.CodeVersion}.");
        Line("");
        Line("## Use");
        foreach (string limitation in BomWriter.Limitations(facts)) Line($"- {limitation}");
        Line("");
        Line("## Inputs and outputs");
        foreach (var value in contract.Inputs) Line($"- in: {Describe(value)}");
        foreach (var value in contract.Outputs) Line($"- out: {Describe(value)}");
        Line($"- before: {contract.Preprocessing}");
        Line($"- after: {contract.Postprocessing}");
        if (contract.Classes.Count > 0) Line($"- classes: {string.Join(", ", contract.Classes)}");
        Line("");
        Line("## Data");
        foreach (var input in lineage.Inputs) Line($"- {input.Product} ({input.Table}) at snapshot {input.SnapshotId}, {input.Rows.ToString(CultureInfo.InvariantCulture)} rows");
        Line($"- {lineage.Recordings.Count.ToString(CultureInfo.InvariantCulture)} recordings, listed in {HandoffFiles.Lineage}");
        Line("");
        Line("## Results");
        Line("| metric | slice | value | 95 % interval |");
        Line("|---|---|---|---|");
        foreach (var metric in BomWriter.Metrics(facts))
        {
            string interval = metric!["confidenceInterval"] is { } bounds ? $"{bounds["lowerBound"]} to {bounds["upperBound"]}" : "";
            Line($"| {Cell((string)metric["type"]!)} | {Cell((string?)metric["slice"] ?? "all")} | {metric["value"]} | {interval} |");
        }

        if (contract.Targets.Count == 0) return Encoding.UTF8.GetBytes(text.ToString());
        Line("");
        Line("## Variants");
        Line("| profile | target | status | accuracy | the model's | samples |");
        Line("|---|---|---|---|---|---|");
        foreach (var target in contract.Targets) Line($"| {target.Profile} | {target.Target} | {target.Status} | {Share(target.Accuracy)} | {Share(target.ParentAccuracy)} | {target.Samples.ToString(CultureInfo.InvariantCulture)} |");
        return Encoding.UTF8.GetBytes(text.ToString());

        void Line(string line) => text.Append(line).Append('\n');
    }

    /// <summary>A value in a line.</summary>
    public static string Describe(ContractValue value)
    {
        string shape = string.Join(", ", value.Shape.Select(size => size?.ToString(CultureInfo.InvariantCulture) ?? "any"));
        return $"{value.Name}: {value.ElementType}[{shape}], unit {value.Unit}{(value.Channels.Count > 0 ? $", {string.Join(", ", value.Channels)}" : "")}";
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Share(double? share) => share is { } known ? Number(known) : "not measured";

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');
}
