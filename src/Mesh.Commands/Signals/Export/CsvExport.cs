using System.Globalization;
using System.Text;

namespace Mesh.Commands.Signals.Export;

/// <summary>Rows as comma-separated values (RFC 4180, UTF-8): numbers so that reading them gives the same bits.</summary>
internal static class CsvExport
{
    private const int FlushChars = 1 << 15;

    public static async Task WriteAsync(SignalRows rows, Stream output, CancellationToken cancellationToken)
    {
        var line = new StringBuilder("log_time_ns");
        foreach (string name in rows.Names) Append(line.Append(','), name);
        line.Append("\r\n");
        var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
        await using var _ = writer.ConfigureAwait(false);
        await foreach (long time in rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            line.Append(CultureInfo.InvariantCulture, $"{time}");
            for (int i = 0; i < rows.Names.Count; i++)
            {
                line.Append(',');
                if (rows.Kinds[i] != SignalKind.Number)
                {
                    if (rows.LabelOf(i) is { } label) Append(line, label);
                }
                else if (rows.NumberOf(i) is var number && !double.IsNaN(number))
                {
                    line.Append(CultureInfo.InvariantCulture, $"{number:R}");
                }
            }

            line.Append("\r\n");
            if (line.Length < FlushChars) continue;
            await writer.WriteAsync(line, cancellationToken).ConfigureAwait(false);
            line.Clear();
        }

        await writer.WriteAsync(line, cancellationToken).ConfigureAwait(false);
        await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Append(StringBuilder line, string text)
    {
        // An empty text is something else than no value.
        if (text.Length > 0 && text.AsSpan().IndexOfAny(",\"\r\n") < 0) line.Append(text);
        else line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
