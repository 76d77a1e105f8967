using System.Text.RegularExpressions;

namespace Mesh.Training.Tracking;

/// <summary>The limits of names, values and batches: those of MLflow 2, so that what Mesh takes any MLflow takes.</summary>
public static partial class TrackingLimits
{
    /// <summary>Longest name of a metric, parameter or tag, in characters.</summary>
    public const int MaxKeyLength = 250;

    /// <summary>Longest value of a parameter, in characters.</summary>
    public const int MaxParameterLength = 6_000;

    /// <summary>Longest value of a tag, in characters.</summary>
    public const int MaxTagLength = 8_000;

    /// <summary>Longest name of an experiment or run, in characters.</summary>
    public const int MaxNameLength = 500;

    /// <summary>Most metrics in a batch.</summary>
    public const int MaxMetricsPerBatch = 1_000;

    /// <summary>Most parameters in a batch, and most tags.</summary>
    public const int MaxParametersPerBatch = 100;

    /// <summary>Most metrics, parameters and tags in a batch together.</summary>
    public const int MaxEntitiesPerBatch = 1_000;

    /// <summary>Most runs or experiments in an answer.</summary>
    public const int MaxSearchResults = 50_000;

    /// <summary>Most values of a metric in an answer.</summary>
    public const int MaxHistoryResults = 25_000;

    /// <summary>Refuses names that are none: they may become file names, so they must mean one file below a folder.</summary>
    /// <exception cref="TrackingException"><c>MESH9305</c> or <c>MESH9306</c>.</exception>
    public static void CheckKey(string what, string? key)
    {
        if (string.IsNullOrEmpty(key)) throw Invalid($"A {what} needs a name.");
        if (key.Length > MaxKeyLength) throw TooLong($"The {what}'s name '{key[..40]}…' has {key.Length:N0} characters, more than {MaxKeyLength}.");
        if (!KeyPattern().IsMatch(key)) throw Invalid($"'{Printable(key)}' is no name of a {what}: letters, digits, '_', '-', '.', ':', '/' and spaces.");
        if (key[0] == '/' || key.Split('/').Any(segment => segment is "" or "." or "..")) throw Invalid($"'{key}' is no name of a {what}: as a path it would mean another one.");
    }

    internal static void CheckParameter(string key, string? value)
    {
        CheckKey("parameter", key);
        if (value is null) throw Invalid($"The parameter '{key}' has no value.");
        if (value.Length > MaxParameterLength) throw TooLong($"The parameter '{key}' has {value.Length:N0} characters, more than {MaxParameterLength:N0}. Log it as an artefact.");
        CheckText($"parameter '{key}'", value);
    }

    internal static void CheckTag(string key, string? value)
    {
        CheckKey("tag", key);
        if (value is null) throw Invalid($"The tag '{key}' has no value.");
        if (value.Length > MaxTagLength) throw TooLong($"The tag '{key}' has {value.Length:N0} characters, more than {MaxTagLength:N0}. Log it as an artefact.");
        CheckText($"tag '{key}'", value);
    }

    internal static void CheckName(string what, string? name)
    {
        if (string.IsNullOrWhiteSpace(name)) throw Invalid($"The {what} needs a name.");
        if (name.Length > MaxNameLength) throw TooLong($"The {what}'s name has {name.Length:N0} characters, more than {MaxNameLength}.");
        CheckText($"name of the {what}", name);
    }

    internal static void CheckRunId(string? runId)
    {
        if (runId is null || !RunIdPattern().IsMatch(runId)) throw Invalid($"'{Printable(runId ?? "")}' is no id of a run: 32 hex digits, as `mesh runs list` shows.");
    }

    internal static TrackingException Invalid(string message) => new("MESH9305", message);

    internal static TrackingException TooLong(string message) => new("MESH9306", message);

    internal static string Printable(string text) => string.Concat((text.Length > 80 ? text[..80] + "…" : text).Select(letter => char.IsControl(letter) ? '\uFFFD' : letter));

    // PostgreSQL has no text with zeros in it, and neither database one that is no Unicode.
    private static void CheckText(string what, string value)
    {
        bool bad = value.Contains('\0');
        for (int i = 0; !bad && i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i])) continue;
            bad = !(i + 1 < value.Length && char.IsSurrogatePair(value[i], value[i + 1]));
            i++;
        }

        if (bad) throw Invalid($"The {what} holds characters that are no text.");
    }

    [GeneratedRegex(@"\A[/\w.\-: ]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"\A[0-9a-f]{32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RunIdPattern();
}
