using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Streaming.Ingest;
using Mesh.Synchronise;

namespace Mesh.Commands.Ingest;

/// <summary>The synchronisers of one attempt: one per item of the topology's section.</summary>
internal sealed class SynchroniserSet(IReadOnlyList<SynchroniseOptions> groups, UploadContext upload) : IAsyncDisposable
{
    private readonly (TableIdentifier Table, Synchroniser Synchroniser)[] synchronisers =
    [
        .. groups.Select(group => (TableNames.OfSynchronised(group.Name), new Synchroniser(group, upload.IngestId.ToString(), upload.VehicleId))),
    ];

    /// <summary>Frames made so far.</summary>
    public long Frames => synchronisers.Sum(item => item.Synchroniser.Frames);

    public async ValueTask AddAsync(ChannelBatch batch, CancellationToken cancellationToken)
    {
        foreach (var (_, synchroniser) in synchronisers)
        {
            if (synchroniser.Wants(batch.Channel)) await synchroniser.AddAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the frames, once every batch has been added.</summary>
    public async IAsyncEnumerable<(TableIdentifier Table, RecordBatch Frames)> CompleteAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (table, synchroniser) in synchronisers)
        {
            await foreach (var frames in synchroniser.CompleteAsync(cancellationToken).ConfigureAwait(false)) yield return (table, frames);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, synchroniser) in synchronisers) await synchroniser.DisposeAsync().ConfigureAwait(false);
    }
}
