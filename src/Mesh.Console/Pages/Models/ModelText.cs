using System.Globalization;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Models;

namespace Mesh.Console.Pages.Models;

/// <summary>Models in words, and where their pages are.</summary>
internal static class ModelText
{
    /// <summary>Address of a model.</summary>
    public static string Url(string name) => $"/models/{Uri.EscapeDataString(name)}";

    /// <summary>Address of a version.</summary>
    public static string Url(string name, int version) => string.Create(CultureInfo.InvariantCulture, $"/models/{Uri.EscapeDataString(name)}/{version}");

    /// <summary>Address of the page that prepares a decision about a version.</summary>
    public static string DecideUrl(string action, string name, int version, string? to = null) => string.Create(
        CultureInfo.InvariantCulture, $"/decide?action={action}&model={Uri.EscapeDataString(name)}&version={version}{(to is null ? "" : $"&to={Uri.EscapeDataString(to)}")}");

    /// <summary>Kind of badge of a state; states of a lifecycle of one's own have none.</summary>
    public static string Badge(string state) => state switch
    {
        "released" => "ok",
        "rejected" => "bad",
        "candidate" or "validated" or "approved" => "info",
        _ => "idle",
    };

    /// <summary>Badge and word of what a gate found.</summary>
    public static (string Kind, string Word) Verdict(GateFinding finding) => finding.Outcome switch
    {
        GateOutcome.Passed => ("ok", "holds"),
        GateOutcome.Failed => ("bad", "stops it"),
        _ => finding.Blocks ? ("bad", "not evaluated, stops it") : ("warn", "nothing to compare"),
    };

    /// <summary>A value of a metric.</summary>
    public static string Value(double? value) => value is { } known ? known.ToString("0.####", CultureInfo.InvariantCulture) : "–";

    /// <summary>A value as a gate found it: numbers shortened, other text as it is.</summary>
    public static string Value(string? text) => text is null ? "–" : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? Value(value)
        : text.Length > 24 ? text[..12] + "…" : text;

    /// <summary>An instant as decisions write it, to the second.</summary>
    public static string Time(string at) =>
        DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? Components.Format.Time(time) : at;

    /// <summary>A state's move in a sentence's middle: <c>a metric, consent</c>.</summary>
    public static string List(IEnumerable<string> words)
    {
        string[] all = [.. words];
        return all.Length switch { 0 => "none", 1 => all[0], _ => $"{string.Join(", ", all[..^1])} and {all[^1]}" };
    }
}
