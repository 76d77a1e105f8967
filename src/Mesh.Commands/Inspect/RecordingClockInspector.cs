using Mesh.Commands.Queries;
using Mesh.Commands.Recordings;
using Mesh.Decode;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Synchronise.Clocks;

namespace Mesh.Commands.Inspect;

/// <summary>Estimates the clocks of a recording as ingest would, without a server.</summary>
public static class RecordingClockInspector
{
    private const long MaxBytes = 256L << 20;

    /// <summary>Reads a recording's stamps and estimates the clocks of all its channels.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="truth">Channel whose time is the truth; null for the host's clock.</param>
    /// <param name="options">How to read.</param>
    /// <param name="progress">Told how far reading has come.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The models, and the damage met while reading.</returns>
    /// <exception cref="Mesh.Model.MeshException">The file cannot be opened or is no recording.</exception>
    public static async Task<(IReadOnlyList<ClockSegmentView> Clocks, IReadOnlyList<Mesh.Model.DataLoss> Losses)> EstimateAsync(
        string path, string? truth, RecordingReaderOptions options, ReadProgress? progress, CancellationToken cancellationToken)
    {
        var clocks = new RecordingClocks(new ClockPlan(AllChannels: true, new HashSet<string>(), truth), MaxBytes);
        var reader = await RecordingInput.OpenAsync(path, options, progress, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await StampScanner.ScanAsync(reader, channel => channel, _ => true, clocks, new MessageDecoderOptions(), cancellationToken).ConfigureAwait(false);
            clocks.Estimate();
            return (RecordingClockViews.Of(ClockModelRows.Of(clocks.Models, "", "", "", "")), [.. reader.Losses]);
        }
    }
}
