using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise;

/// <summary>
/// Makes the frames of one recording: one row per sample of the reference channel, with every input brought to its time. The output is a
/// function of the recording's messages alone, not of the order or the batches they arrive in. Not thread-safe.
/// </summary>
public sealed class Synchroniser : IAsyncDisposable
{
    private const int BatchRows = 8192;
    private const long BatchBytes = 4 << 20;

    // Sizes are asked of every column; not per row.
    private const int SizeCheckRows = 64;

    private readonly SynchroniseOptions options;
    private readonly string recordingId;
    private readonly string vehicleId;
    private readonly Dictionary<string, ChannelRows> channels = [];
    private readonly HashSet<string> wanted;
    private readonly SynchroniseAccount[] accounts;
    private bool completed;

    /// <param name="options">Which channels, how, and limits.</param>
    /// <param name="recordingId">Ingest id of the recording.</param>
    /// <param name="vehicleId">Pseudonym of the vehicle.</param>
    public Synchroniser(SynchroniseOptions options, string recordingId, string vehicleId)
    {
        this.options = options;
        this.recordingId = recordingId;
        this.vehicleId = vehicleId;
        wanted = [options.ReferenceChannel, .. options.Inputs.Select(input => input.Channel)];
        accounts = [.. options.Inputs.Select(input => new SynchroniseAccount(input.Name, input.Channel))];
    }

    /// <summary>Frames made so far.</summary>
    public long Frames { get; private set; }

    /// <summary>What became of each input, in the order of the options; complete once <see cref="CompleteAsync"/> has ended.</summary>
    public IReadOnlyList<SynchroniseAccount> Accounts => accounts;

    /// <summary>Bytes of samples held in memory now.</summary>
    public long HeldBytes => channels.Values.Sum(channel => channel.Bytes);

    /// <summary>Whether batches of a channel are to be added.</summary>
    public bool Wants(string channel) => wanted.Contains(channel);

    /// <summary>
    /// Takes a batch; one of a channel that is not wanted is passed over. The batch's columns are kept without their binary ones, so the
    /// caller may give back the budget it holds for it. Never waits for other input; above the memory limit it writes a run to disk.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH3001</c>, transient: the spill folder cannot be written.</exception>
    public async ValueTask AddAsync(ChannelBatch batch, CancellationToken cancellationToken)
    {
        if (completed) throw new InvalidOperationException("The recording is complete; nothing can be added.");
        if (!Wants(batch.Channel)) return;
        if (!channels.TryGetValue(batch.Channel, out var rows)) channels[batch.Channel] = rows = new ChannelRows();
        rows.Add(batch);
        while (HeldBytes > options.MaxMemoryBytes)
        {
            await channels.Values.MaxBy(channel => channel.Bytes)!.SpillAsync(options.SpillFolder, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Makes the frames, once everything has been added, in order of (time, sequence) of the reference. An input without any message in
    /// the recording has no column; without a reference there are no frames.
    /// </summary>
    public async IAsyncEnumerable<RecordBatch> CompleteAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (completed) throw new InvalidOperationException("The frames have been made already.");
        completed = true;
        if (!channels.TryGetValue(options.ReferenceChannel, out var referenceRows) || referenceRows.Rows == 0) yield break;

        List<(SynchroniseInput Input, ChannelRows Rows, SynchroniseAccount Account)> present = [];
        for (int i = 0; i < accounts.Length; i++)
        {
            var input = options.Inputs[i];
            if (channels.TryGetValue(input.Channel, out var rows) && rows.Rows > 0) present.Add((input, rows, accounts[i]));
            else accounts[i].MissingCounts[MissingReasons.ChannelAbsent] = referenceRows.Rows;
        }

        var frames = new FrameBuilder(options, recordingId, vehicleId, referenceRows, present.Select(item => (item.Input, item.Rows)));
        var matchers = new InputMatcher[present.Count];
        for (int i = 0; i < matchers.Length; i++)
        {
            matchers[i] = await InputMatcher.OpenAsync(present[i].Input, options.ToleranceNs, present[i].Rows, present[i].Account, cancellationToken).ConfigureAwait(false);
        }

        var reference = referenceRows.Read();
        while (await reference.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            var sample = reference.Current;
            frames.Begin(sample);
            for (int i = 0; i < matchers.Length; i++)
            {
                await matchers[i].AdvanceAsync(sample.Time, cancellationToken).ConfigureAwait(false);
                frames.Append(i, matchers[i].At(sample.Time));
            }

            frames.End();
            Frames++;
            if (frames.Rows == BatchRows || (frames.Rows % SizeCheckRows == 0 && frames.EstimatedBytes >= BatchBytes)) yield return frames.Build();
        }

        if (frames.Rows > 0) yield return frames.Build();
    }

    /// <summary>Lets go of memory and deletes spilled runs.</summary>
    public ValueTask DisposeAsync()
    {
        completed = true;
        foreach (var channel in channels.Values) channel.Dispose();
        channels.Clear();
        return ValueTask.CompletedTask;
    }
}
