using System.Runtime.CompilerServices;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise;

/// <summary>
/// Makes the frames of one recording, with every input brought to their times. The output is a function of the recording's messages alone,
/// not of the order or the batches they arrive in. Not thread-safe.
/// </summary>
public sealed partial class Synchroniser : IAsyncDisposable
{
    private const int BatchRows = 8192;
    private const long BatchBytes = 4 << 20;

    private readonly SynchroniseOptions options;
    private readonly string recordingId;
    private readonly string vehicleId;
    private readonly Dictionary<string, ChannelRows> channels = [];
    private readonly HashSet<string> wanted;
    private readonly SynchroniseAccount[] accounts;
    private readonly UnmatchedRows? unmatched;
    private bool completed;

    /// <param name="options">Which channels, how, and limits.</param>
    /// <param name="recordingId">Ingest id of the recording.</param>
    /// <param name="vehicleId">Pseudonym of the vehicle.</param>
    public Synchroniser(SynchroniseOptions options, string recordingId, string vehicleId)
    {
        this.options = options;
        this.recordingId = recordingId;
        this.vehicleId = vehicleId;
        wanted = [.. options.Channels];
        accounts = [.. options.Inputs.Select(input => new SynchroniseAccount(input.Name, input.Channel))];
        if (options.KeepUnmatched) unmatched = new UnmatchedRows(recordingId, vehicleId, FrameChannel);
    }

    /// <summary>Frames made so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Rows of the table of unmatched samples so far.</summary>
    public long UnmatchedRows => unmatched?.Count ?? 0;

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
    /// Makes the frames, once everything has been added: in order of (time, sequence) of the reference, of the grid, or as the sets are found;
    /// in between the rows of unmatched samples, when they are kept. An input without any message in the recording has no column; without a
    /// reference, or with a member of the sets absent, there are no frames.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH3001</c>, transient: the spill folder cannot be written; <c>MESH3310</c>: sets in order
    /// of arrival of a channel whose stamps run backwards all the time.</exception>
    public async IAsyncEnumerable<SynchronisedRows> CompleteAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (completed) throw new InvalidOperationException("The frames have been made already.");
        completed = true;
        var columns = new List<FrameInput>();
        var matchers = new List<InputMatcher>();
        var matched = new List<FrameInput>();
        for (int i = 0; i < accounts.Length; i++)
        {
            var input = options.Inputs[i];
            if (!IsPresent(input.Channel)) continue;
            var column = new FrameInput(input, PolicyName(input), channels[input.Channel].Schemas, accounts[i]);
            columns.Add(column);
            if (input.IsMember) continue;
            matched.Add(column);
            matchers.Add(await InputMatcher.OpenAsync(input, options, channels[input.Channel], accounts[i], unmatched, cancellationToken).ConfigureAwait(false));
        }

        using var source = await OpenSourceAsync(matchers, cancellationToken).ConfigureAwait(false);
        if (source is not null)
        {
            var sets = source as SetFrames;
            var reference = options.Reference is ChannelReference { Channel: var channel } ? channels[channel].Schemas : null;
            var members = columns.Where(column => !matched.Contains(column)).ToArray();
            var frames = new FrameBuilder(recordingId, vehicleId, FrameChannel, sets is not null, reference, columns);
            while (await source.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                var instant = source.Current;
                for (int i = 0; i < members.Length; i++) sets!.Member(i, out members[i].Matches[frames.Pending]);
                for (int i = 0; i < matchers.Count; i++)
                {
                    while (!await matchers[i].AdvanceAsync(instant.TimeNs, cancellationToken).ConfigureAwait(false)) yield return TakeUnmatched();
                    matchers[i].At(instant.TimeNs, out matched[i].Matches[frames.Pending]);
                }

                frames.Add(instant);
                Frames++;
                if (unmatched is { IsFull: true }) yield return TakeUnmatched();
                if (frames.Rows == BatchRows || (frames.IsFlushed && frames.EstimatedBytes >= BatchBytes)) yield return new SynchronisedRows(SynchronisedTable.Frames, frames.Build());
            }

            if (frames.Rows > 0) yield return new SynchronisedRows(SynchronisedTable.Frames, frames.Build());
        }

        for (int i = 0; i < accounts.Length; i++)
        {
            if (!IsPresent(options.Inputs[i].Channel)) accounts[i].MissingCounts[MissingReasons.ChannelAbsent] = Frames;
        }

        await foreach (var rows in ExplainUnmatchedAsync(matchers, source as SetFrames, cancellationToken).ConfigureAwait(false)) yield return rows;
    }

    /// <summary>Lets go of memory and deletes spilled runs.</summary>
    public ValueTask DisposeAsync()
    {
        completed = true;
        foreach (var channel in channels.Values) channel.Dispose();
        channels.Clear();
        return ValueTask.CompletedTask;
    }

    private string FrameChannel => options.Reference is ChannelReference reference ? reference.Channel : options.Name;

    private bool IsPresent(string channel) => channels.TryGetValue(channel, out var rows) && rows.Rows > 0;

    private string PolicyName(SynchroniseInput input)
    {
        string name = input.IsMember && options.Reference is SetReference sets ? sets.Policy.ToString() : input.Policy.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>What gives the frames' times; null when there can be none.</summary>
    private async ValueTask<FrameSource?> OpenSourceAsync(IReadOnlyList<InputMatcher> matchers, CancellationToken cancellationToken)
    {
        switch (options.Reference)
        {
            case ChannelReference reference:
                return IsPresent(reference.Channel) ? new ChannelFrames(reference, channels[reference.Channel]) : null;

            case RateReference rate:
                var present = options.Inputs.Where(input => IsPresent(input.Channel)).ToArray();
                if (present.Length == 0) return null;
                return new RateFrames(
                    rate,
                    present.Min(input => Nanoseconds.Add(channels[input.Channel].MinTime, input.LatencyNs)),
                    present.Max(input => Nanoseconds.Add(channels[input.Channel].MaxTime, input.LatencyNs)),
                    matchers);

            default:
                var members = options.Inputs.Where(input => input.IsMember).ToArray();
                if (members.Length == 0 || !Array.TrueForAll(members, member => IsPresent(member.Channel))) return null;
                SynchroniseAccount[] memberAccounts = [.. accounts.Where((_, i) => options.Inputs[i].IsMember)];
                ChannelRows[] memberRows = Array.ConvertAll(members, member => channels[member.Channel]);
                var feed = new SetFeed(options, members, memberAccounts);
                try
                {
                    await feed.RunAsync(options, memberRows, cancellationToken).ConfigureAwait(false);
                    return new SetFrames(feed, members, memberRows, memberAccounts);
                }
                catch
                {
                    feed.Dispose();
                    throw;
                }
        }
    }
}
