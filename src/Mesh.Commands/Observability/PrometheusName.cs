using System.Text;

namespace Mesh.Commands.Observability;

/// <summary>
/// OpenTelemetry's names as Prometheus has them (OpenTelemetry specification, "Prometheus and OpenMetrics compatibility"): dots become
/// underscores, the unit is spelt out at the end, counters end in <c>_total</c>.
/// </summary>
internal static class PrometheusName
{
    /// <summary>Name of a metric: <c>mesh.ingest.bytes</c> in <c>By</c>, a counter, is <c>mesh_ingest_bytes_total</c>.</summary>
    public static string Of(string name, string? unit, MetricKind kind)
    {
        string result = Sanitise(name);
        string suffix = WordOf(unit, kind);
        if (suffix.Length > 0 && !result.EndsWith("_" + suffix, StringComparison.Ordinal)) result += "_" + suffix;
        return kind == MetricKind.Counter && !result.EndsWith("_total", StringComparison.Ordinal) ? result + "_total" : result;
    }

    /// <summary>A name of letters, digits and single underscores that does not begin with a digit.</summary>
    public static string Sanitise(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (char character in name)
        {
            if (char.IsAsciiLetterOrDigit(character)) text.Append(character);
            else if (text.Length > 0 && text[^1] != '_') text.Append('_');
        }

        if (text.Length == 0 || char.IsAsciiDigit(text[0])) text.Insert(0, '_');
        return text.ToString();
    }

    // UCUM codes that occur; what stands in braces is an annotation and no unit.
    private static string WordOf(string? unit, MetricKind kind) => unit switch
    {
        null or "" => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "By/s" => "bytes_per_second",
        "1" => kind == MetricKind.Gauge ? "ratio" : "",
        _ when unit[0] == '{' => "",
        _ => Sanitise(unit),
    };
}
