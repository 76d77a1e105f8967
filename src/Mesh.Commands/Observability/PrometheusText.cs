using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mesh.Commands.Observability;

/// <summary>Writes the words of Prometheus' text exposition format 0.0.4 into a buffer.</summary>
internal sealed class PrometheusText(IBufferWriter<byte> output)
{
    private const int LongestNumber = 32;

    /// <summary>The two lines before the samples of a metric.</summary>
    public void Header(string name, string help, MetricKind kind)
    {
        Write("# HELP "u8);
        Write(name);
        Write(" "u8);
        Write(Escape(help, quotes: false));
        Write("\n# TYPE "u8);
        Write(name);
        Write(kind switch { MetricKind.Counter => " counter\n"u8, MetricKind.Histogram => " histogram\n"u8, _ => " gauge\n"u8 });
    }

    /// <summary>One sample.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="suffix"><c>_bucket</c>, <c>_sum</c>, <c>_count</c> or nothing.</param>
    /// <param name="labels">Labels as they are written, without braces; empty for none.</param>
    /// <param name="bound">Text of a bucket's upper bound; null for none.</param>
    /// <param name="value">Value.</param>
    public void Sample(string name, ReadOnlySpan<byte> suffix, string labels, string? bound, double value)
    {
        Write(name);
        Write(suffix);
        if (labels.Length > 0 || bound is not null)
        {
            Write("{"u8);
            Write(labels);
            if (bound is not null)
            {
                Write(labels.Length > 0 ? ",le=\""u8 : "le=\""u8);
                Write(bound);
                Write("\""u8);
            }

            Write("}"u8);
        }

        Write(" "u8);
        Write(value);
        Write("\n"u8);
    }

    /// <summary>A label: <c>name="value"</c>.</summary>
    public static string Label(string name, object? value) =>
        $"{PrometheusName.Sanitise(name)}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", quotes: true)}\"";

    /// <summary>A number as the format spells it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0) return text;
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private void Write(double value)
    {
        if (!double.IsFinite(value))
        {
            Write(Number(value));
            return;
        }

        value.TryFormat(output.GetSpan(LongestNumber), out int written, "R", CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);

    private void Write(ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
