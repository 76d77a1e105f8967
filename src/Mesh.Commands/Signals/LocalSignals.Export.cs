using Mesh.Commands.Signals.Export;
using Mesh.Model;

namespace Mesh.Commands.Signals;

/// <summary>Exports.</summary>
public sealed partial class LocalSignals
{
    /// <inheritdoc/>
    public async Task<Func<Stream, CancellationToken, Task>?> ExportAsync(string recording, SignalQuery query, SignalExport format, CancellationToken cancellationToken)
    {
        Check(query);
        if (await FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } entry) return null;
        var opened = await OpenAsync(entry, ChannelsOf(query), cancellationToken).ConfigureAwait(false);
        try
        {
            var (fromNs, toNs) = WindowOf(opened, query);
            var signals = new List<(string Name, OpenedSignal Signal)>();
            foreach (string name in query.Names.Distinct(StringComparer.Ordinal))
            {
                signals.Add((name, opened.Find(name, out string reason) ?? throw new MeshException("MESH13102", $"'{name}' cannot be exported: {reason}. `mesh recordings signals {recording}` shows what can.")));
            }

            return async (output, token) =>
            {
                await using var _ = opened.ConfigureAwait(false);
                var rows = new SignalRows(signals, fromNs, toNs);
                if (format == SignalExport.Csv) await CsvExport.WriteAsync(rows, output, token).ConfigureAwait(false);
                else await ParquetExport.WriteAsync(rows, output, token).ConfigureAwait(false);
            };
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
