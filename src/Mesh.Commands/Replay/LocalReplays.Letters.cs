using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Replay;

/// <summary>Dead letters.</summary>
public sealed partial class LocalReplays
{
    /// <inheritdoc/>
    public async Task<LetterReplayPlan> PlanLettersAsync(LetterReplayRequest request, CancellationToken cancellationToken)
    {
        var (steps, refused, through) = await PrepareAsync(request, cancellationToken).ConfigureAwait(false);
        return new LetterReplayPlan(
            [.. steps.Select(step => new LetterReplayStep(step.Item.IngestId, step.FileName, $"{step.Item.Topology}@{step.Item.TopologyVersion}", step.Item.Mode, step.Letters.Count, step.Messages, step.Item.SizeBytes))],
            refused, through?.FullName ?? "");
    }

    /// <inheritdoc/>
    public async Task<ReplayEntry> ReplayLettersAsync(LetterReplayRequest request, CancellationToken cancellationToken)
    {
        var (steps, refused, through) = await PrepareAsync(request, cancellationToken).ConfigureAwait(false);

        // Records that are no events are passed over where there is something else to replay; anything else that cannot be refuses all, unless it may be left out.
        var fatal = request.LeaveOut && steps.Count > 0 ? null : refused.Find(each => each.IngestId.Length > 0 || steps.Count == 0);
        if (fatal is not null) throw new MeshException(fatal.Code, fatal.Reason, fatal.IsTransient);
        var items = steps.ConvertAll(step => step.Item);
        var replay = new ReplayEntry
        {
            Id = ReplayIds.Create(time),
            Kind = ReplayKind.DeadLetters,
            Topology = through?.Name ?? "",
            TopologyVersion = through?.VersionText ?? "",
            Description = $"{steps.Sum(step => step.Letters.Count):N0} dead letters of {items.Select(item => item.IngestId).Distinct().Count():N0} recordings",
        };
        return await AddAsync(
            replay, items,
            async transaction =>
            {
                int claimed = 0;
                foreach (var (item, own, ids, _, _) in steps)
                {
                    string claim = ReplayIds.ClaimOf(replay.Id, item.Mode);
                    claimed += await letters.BeginReplayAsync(transaction, ids, claim, $"replay {replay.Id}").ConfigureAwait(false);
                    if (item.Mode == ReplayItemMode.Messages) continue;

                    // From here on the recording counts as not finished, as if it had just come.
                    var run = new RecordingRun(own.IngestId, item.Topology, item.TopologyVersion);
                    await recordings.ReviveAsync(transaction, run).ConfigureAwait(false);
                    if (run == own && item.Mode == ReplayItemMode.Whole)
                    {
                        await letters.BeginRunAsync(transaction, item.IngestId, own.Topology, own.TopologyVersion, claim, $"replay {replay.Id}").ConfigureAwait(false);
                    }
                }

                if (claimed == 0) throw new MeshException("MESH2354", "Another replay has taken these dead letters meanwhile. `mesh replay list` shows it.");
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<(List<Step> Steps, List<LetterRefusal> Refused, StoredTopology? Through)> PrepareAsync(LetterReplayRequest request, CancellationToken cancellationToken)
    {
        var open = await ListOpenAsync(request.Filter, cancellationToken).ConfigureAwait(false);
        var through = request.Topology is null ? null : await topologies.ResolveAsync(request.Topology, cancellationToken).ConfigureAwait(false);
        var refused = new List<LetterRefusal>();
        var events = open.Where(letter => letter.Kind == DeadLetterKind.Event).ToList();
        foreach (var topic in events.GroupBy(letter => letter.Source.Topic ?? ""))
        {
            refused.Add(new LetterRefusal("", "", topic.Count(), "MESH2353", $"{topic.First().Id[..12]} is a record on {topic.Key} that is no event of its kind, not a recording: decoding it again cannot help. Correct its producer and let it send anew, then drop the letter."));
        }

        var steps = new List<Step>();
        foreach (var group in open.Where(letter => letter.Kind != DeadLetterKind.Event).GroupBy(letter => (letter.IngestId, letter.Topology, letter.TopologyVersion)))
        {
            try
            {
                steps.Add(await StepAsync([.. group], steps.Count, through, cancellationToken).ConfigureAwait(false));
            }
            catch (MeshException exception) when (exception.Code is "MESH2352" or "MESH2353" or "MESH2354")
            {
                refused.Add(new LetterRefusal(group.Key.IngestId, $"{group.Key.Topology}@{group.Key.TopologyVersion}", group.Count(), exception.Code, exception.Message, exception.IsTransient));
            }
        }

        return (steps, refused, through);
    }

    private async Task<Step> StepAsync(List<DeadLetterEntry> group, int ordinal, StoredTopology? through, CancellationToken cancellationToken)
    {
        var first = group[0];
        var recording = IngestId.TryParse(first.IngestId, out var id) ? await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) : null;
        if (recording is null)
        {
            throw new MeshException("MESH2353", $"{first.Id[..12]} is of {first.IngestId}, which is no recording of this lake: there is nothing to read again. Drop the letter.");
        }

        var own = new RecordingRun(id, first.Topology, first.TopologyVersion);
        var run = recording.Runs.FirstOrDefault(entry => entry.Topology == own.Topology && entry.TopologyVersion == own.TopologyVersion);
        var mode = ModeOf(group, run, own);
        if (mode != ReplayItemMode.Files) RequireLanding(recording);

        // Files are for the tables of their run; everything else may go through another topology's decoder, a whole recording into its tables.
        var target = mode == ReplayItemMode.Whole && through is not null ? new RecordingRun(id, through.Name, through.VersionText) : own;
        var item = new ReplayItem(ordinal, first.IngestId, target.Topology, target.TopologyVersion, recording.SizeBytes, mode);
        return new Step(item, own, await CompleteAsync(group, mode, own, cancellationToken).ConfigureAwait(false), recording.FileName, group.Sum(letter => letter.Remaining));
    }

    /// <inheritdoc/>
    public async Task<LetterDropReport> DropLettersAsync(LetterDropRequest request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Reason)) throw new MeshException("MESH2366", "Say why the dead letters are given up: `--reason TEXT`. It is kept with each of them.");
        var open = await ListOpenAsync(request.Filter, cancellationToken).ConfigureAwait(false);
        int dropped = await letters.DropAsync([.. open.Select(letter => letter.Id)], request.Reason, cancellationToken).ConfigureAwait(false);
        return new LetterDropReport(dropped, open.Sum(letter => letter.Remaining), request.Reason);
    }

    private async Task<IReadOnlyList<DeadLetterEntry>> ListOpenAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Ids is { Count: > 0 } ids)
        {
            // Ids are meant one by one: one that is wrong, or done with, is said.
            foreach (string id in ids)
            {
                var letter = await letters.FindAsync(id, cancellationToken).ConfigureAwait(false)
                    ?? throw new MeshException("MESH11032", $"There is no dead letter '{id}'. `mesh deadletters list` shows them.");
                if (letter.State != DeadLetterState.Open) throw new MeshException("MESH2354", $"Dead letter {letter.Id[..12]} is {letter.State.ToString().ToLowerInvariant()}, not open. `mesh deadletters show {letter.Id[..12]}` tells its history.");
            }
        }

        if (filter.State is not (null or DeadLetterState.Open)) throw new MeshException("MESH2354", "Only open dead letters can be replayed or dropped.");
        var open = await letters.ListAsync(filter with { State = DeadLetterState.Open }, MostLetters + 1, cancellationToken).ConfigureAwait(false);
        if (open.Count > MostLetters) throw new MeshException("MESH2354", $"More than {MostLetters:N0} dead letters match: choose fewer at a time, by recording or by time.");
        return open.Count > 0 ? open : throw new MeshException("MESH2354", "No open dead letter matches. `mesh deadletters list` shows those there are.");
    }

    private static ReplayItemMode ModeOf(List<DeadLetterEntry> group, RecordingRunEntry? run, RecordingRun own)
    {
        if (run?.State == RecordingState.Committed) return ReplayItemMode.Messages;
        if (group.Exists(letter => letter.Kind == DeadLetterKind.Recording)) return ReplayItemMode.Whole;
        if (run is null || !run.IsFinished) throw new MeshException("MESH2354", $"{own} is still being worked on; its dead letters can be replayed once it is finished.", isTransient: true);
        if (group.TrueForAll(letter => letter.Kind == DeadLetterKind.FileSet)) return ReplayItemMode.Files;
        throw new MeshException("MESH2354", $"{own} is a dead letter as a whole: {run.Reason} Replay that one, and its messages come with it: `mesh deadletters list --recording {own.IngestId}`.");
    }

    /// <summary>
    /// The letters that have to be replayed together: ranges of one channel may cross, so that only all of them together say which messages are
    /// meant; and a run whose tables refused files is finished only when all have theirs.
    /// </summary>
    private async Task<IReadOnlyList<string>> CompleteAsync(List<DeadLetterEntry> group, ReplayItemMode mode, RecordingRun own, CancellationToken cancellationToken)
    {
        var ids = group.Select(letter => letter.Id).ToHashSet(StringComparer.Ordinal);
        var ranged = group.Where(letter => letter.LastSequence > letter.Sequence).Select(letter => letter.Channel).ToHashSet(StringComparer.Ordinal);
        if (mode == ReplayItemMode.Whole || (mode == ReplayItemMode.Messages && ranged.Count == 0)) return [.. ids];
        var filter = new DeadLetterFilter { Recording = own.IngestId.ToString(), State = DeadLetterState.Open };
        foreach (var letter in await letters.ListAsync(filter, int.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            if (letter.Topology != own.Topology || letter.TopologyVersion != own.TopologyVersion) continue;
            bool belongs = mode == ReplayItemMode.Files ? letter.Kind == DeadLetterKind.FileSet : letter.LastSequence > letter.Sequence && ranged.Contains(letter.Channel);
            if (belongs) ids.Add(letter.Id);
        }

        return [.. ids];
    }

    private sealed record Step(ReplayItem Item, RecordingRun Own, IReadOnlyList<string> Letters, string FileName, long Messages);
}
