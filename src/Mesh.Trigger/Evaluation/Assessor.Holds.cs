using Mesh.Model;

namespace Mesh.Trigger.Evaluation;

internal sealed partial class Assessor
{
    // A rule has one job at a time; older firings than these have ended.
    private const int FiringsLookedAt = 20;

    private async Task<List<Hold>> HoldsAsync(RuleUnit unit, List<TriggerRange> ranges)
    {
        var rule = unit.Rule;
        var holds = new List<Hold>();
        if (rule.Debounce is { } debounce && await DebounceAsync(unit, debounce, ranges).ConfigureAwait(false) is { } noisy) holds.Add(noisy);
        if (rule.Cooldown > TimeSpan.Zero && await TriggerLedger.LastFiredAtAsync(session, rule.Name).ConfigureAwait(false) is { } last && last + rule.Cooldown is var ends && ends > now)
        {
            holds.Add(new Hold("cooldown", $"cooldown until {ends:u}", ends));
        }

        if (rule.Schedule is { } schedule && schedule.NextOpen(now) is var opens && opens > now) holds.Add(new Hold("schedule", $"its window, {schedule}, opens at {opens:u}", opens));
        if (rule.Budget is { } budget && await BudgetAsync(rule, budget).ConfigureAwait(false) is { } spent) holds.Add(spent);
        if (await JobUnderWayAsync(rule).ConfigureAwait(false) is { } running) holds.Add(running);
        return holds;
    }

    /// <summary>A job of the rule that has not ended, or a firing whose job nobody has taken yet; null when there is none.</summary>
    public async Task<string?> FindJobUnderWayAsync(TriggerRule rule)
    {
        if (jobs is null) return null;
        var fired = await TriggerLedger.FiredSinceAsync(session, rule.Name, DateTimeOffset.UnixEpoch, FiringsLookedAt).ConfigureAwait(false);
        if (fired.Count == 0) return null;
        var known = (await jobs.ListAsync(session, [.. fired.Select(firing => firing.TriggerId)]).ConfigureAwait(false)).ToLookup(job => job.TriggerId, StringComparer.Ordinal);
        foreach (var (id, at) in fired)
        {
            if (known[id].FirstOrDefault(job => !job.HasEnded) is { } job) return $"its job {job.JobId} has not ended";
            if (!known[id].Any() && at > now - options.MaxUnanswered) return $"the job asked for at {at:u} has not been taken yet";
        }

        return null;
    }

    private async Task<Hold?> JobUnderWayAsync(TriggerRule rule) =>
        await FindJobUnderWayAsync(rule).ConfigureAwait(false) is { } text ? new Hold("pending", $"{text}, and what comes until then is taken along", null) : null;

    private async Task<Hold?> DebounceAsync(RuleUnit unit, TriggerDebounce debounce, List<TriggerRange> ranges)
    {
        long lastUs = 0;
        foreach (var range in ranges)
        {
            lastUs = Math.Max(lastUs, await TriggerLedger.LastNewRowsAtUsAsync(session, range.TableUuid, range.FromSequenceNumber).ConfigureAwait(false) ?? 0);
        }

        var quietAt = UnixMicros.ToTime(lastUs) + debounce.Quiet;
        if (debounce.MaxWait is { } most)
        {
            var due = await TriggerLedger.DueSinceAsync(session, unit.Rule.Name, unit.Label).ConfigureAwait(false) ?? now;
            if (due + most < quietAt) quietAt = due + most;
        }

        return quietAt > now ? new Hold("debounce", $"waits until no new data has come for {DurationWords.Of(debounce.Quiet)}, {quietAt:u}", quietAt) : null;
    }

    private async Task<Hold?> BudgetAsync(TriggerRule rule, TriggerBudget budget)
    {
        var fired = await TriggerLedger.FiredSinceAsync(session, rule.Name, now - budget.Per, int.MaxValue).ConfigureAwait(false);
        Hold? spent = null;
        if (budget.Jobs is { } most && fired.Count >= most)
        {
            var until = fired[most - 1].FiredAt + budget.Per;
            spent = new Hold("budget", $"{fired.Count} of {most} jobs in {DurationWords.Of(budget.Per)} are used until {until:u}", until);
        }

        if (budget.Hours is not { } hours || jobs is null || fired.Count == 0) return spent;
        var ran = (await jobs.ListAsync(session, [.. fired.Select(firing => firing.TriggerId)]).ConfigureAwait(false))
            .GroupBy(job => job.TriggerId).ToDictionary(group => group.Key, group => group.Sum(job => job.RunTime.TotalHours));
        double used = ran.Values.Sum();
        if (used < hours) return spent;

        // The oldest firings leave the span first.
        double left = used;
        var free = now;
        foreach (var (id, at) in fired.Reverse())
        {
            left -= ran.GetValueOrDefault(id);
            free = at + budget.Per;
            if (left < hours) break;
        }

        return spent?.Until > free ? spent : new Hold("budget", FormattableString.Invariant($"{used:0.##} of {hours:0.##} hours in {DurationWords.Of(budget.Per)} are used until {free:u}"), free);
    }
}
