using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Cli.Output;
using Mesh.Commands;
using Mesh.Model;
using Mesh.Training.Search;
using Mesh.Training.Studies;

namespace Mesh.Cli.Commands.Studies;

/// <summary>Prints studies for people, and their trials as CSV.</summary>
internal static class StudyPrinter
{
    public static void Print(StudyView study)
    {
        var best = study.Best is { } number ? study.Trials[number] : null;
        Printer.Facts(
        [
            ("study", study.Name), ("state", $"{study.State.ToString().ToLowerInvariant()}: {study.Reason}"), ("objective", $"{study.Metric}, {study.Direction.ToString().ToLowerInvariant()}"),
            ("trainer", study.Trainer), ("model", study.ModelVersion is { } version ? $"{study.Model} version {version}" : study.Model),
            ("trials", $"{study.TrialCount} of {study.MostTrials}: {string.Join(", ", study.Counts.Select(count => $"{count.Value} {count.Key}"))}"),
            ("job time", string.Create(CultureInfo.InvariantCulture, $"{study.JobSeconds:N1} s") + (study.Cost is { } cost ? $", cost {Number(cost)}" : "")),
            ("best", best is null ? null : $"trial {best.Number}, {study.Metric} {Number(best.Value!.Value)}, {Parameters(best)}"),
        ]);
        Terminal.Out.WriteLine();
        if (study.Trials.Count > 0)
        {
            Printer.Table(
                ["trial", "state", study.Metric, "last step", "parameters", "seconds", "job", "why"],
                study.Trials.Select(trial => (string[])
                [
                    Whole(trial.Number), trial.State.ToString().ToLowerInvariant(), ValueOf(trial) is { } value ? Number(value) : "", trial.Reports.Count > 0 ? Whole(trial.Reports[^1].Step) : "",
                    Parameters(trial), trial.Seconds.ToString("0.0", CultureInfo.InvariantCulture), trial.JobId?[..Math.Min(12, trial.JobId.Length)] ?? "", Printer.OneLine(trial.Reason ?? ""),
                ]),
                new HashSet<int> { 0, 2, 3, 5 });
        }

        if (study.Importance.Count == 0) return;
        Terminal.Out.WriteLine();
        Terminal.Out.WriteLine($"What each parameter alone explains of the spread of {study.Metric}, over {study.Importance[0].Trials} complete trials:");
        foreach (var importance in study.Importance) Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {importance.Parameter}  {importance.Share:P0}"));
    }

    /// <summary>What became of a trial.</summary>
    public static string Sentence(StudyView study, StudyTrial trial) =>
        $"trial {trial.Number} {trial.State.ToString().ToLowerInvariant()}{(ValueOf(trial) is { } value ? $", {study.Metric} {Number(value)}" : "")}, {Parameters(trial)}{(trial.Reason is { } reason ? $": {reason}" : "")}";

    public static void Export(StudyView study, string? file, bool asJson)
    {
        string text = asJson ? JsonSerializer.Serialize(study, MeshJson.Indented) + "\n" : Csv(study);
        if (file is null)
        {
            Terminal.Out.Write(text);
            return;
        }

        try
        {
            AtomicFile.Write(file, Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9368", $"'{file}' cannot be written: {exception.Message}", innerException: exception);
        }

        Terminal.Out.WriteLine($"{study.Trials.Count} trials written to {file}");
    }

    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    public static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    // What a pruned trial had reached is worth seeing; it is no value of a complete one, and the state says so.
    private static double? ValueOf(StudyTrial trial) => trial.Value ?? (trial.Reports.Count > 0 ? trial.Reports[^1].Value : null);

    private static string Parameters(StudyTrial trial) =>
        string.Join(", ", trial.Parameters.Select(value => $"{value.Key} {Short(value.Value)}").Concat(trial.Resource is { } resource ? [$"resource {resource}"] : []));

    private static string Short(string text) => text.Length > 8 && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number.ToString("G4", CultureInfo.InvariantCulture) : text;

    // RFC 4180.
    private static string Csv(StudyView study)
    {
        string[] names = [.. study.Trials.SelectMany(trial => trial.Parameters.Keys).Distinct().Order(StringComparer.Ordinal)];
        var text = new StringBuilder();
        AppendLine(text, ["number", "state", "value", "last_step", "last_value", "resource", "seconds", "job_id", "reason", .. names]);
        foreach (var trial in study.Trials)
        {
            TrialReport? last = trial.Reports.Count > 0 ? trial.Reports[^1] : null;
            AppendLine(text,
            [
                Whole(trial.Number), trial.State.ToString().ToLowerInvariant(), Exact(trial.Value), last is { } report ? Whole(report.Step) : "", Exact(last?.Value), trial.Resource is { } resource ? Whole(resource) : "",
                Exact(trial.Seconds), trial.JobId ?? "", trial.Reason ?? "", .. names.Select(name => trial.Parameters.GetValueOrDefault(name, "")),
            ]);
        }

        return text.ToString();
    }

    private static string Exact(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static void AppendLine(StringBuilder text, IEnumerable<string> fields) =>
        text.AppendJoin(',', fields.Select(field => field.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{field.Replace("\"", "\"\"")}\"" : field)).Append("\r\n");
}
