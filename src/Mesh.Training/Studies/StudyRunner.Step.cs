using System.Globalization;
using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;
using Mesh.Training.Search;
using Mesh.Training.Tracking;

namespace Mesh.Training.Studies;

public sealed partial class StudyRunner
{
    private const int MaxCardBytes = 64 << 20;

    private async Task StepAsync(string name, CancellationToken cancellationToken)
    {
        if (await Studies.LoadAsync(name, cancellationToken).ConfigureAwait(false) is not { } seen) return;
        var definition = seen.Study.Definition;
        var session = seen.Session(definition);
        var changes = new StudyChanges();
        var offsets = new Dictionary<string, long>();
        var now = time.GetUtcNow();
        bool[] isOver = new bool[seen.Trials.Count];
        string?[] reasons = [.. seen.Trials.Select(trial => trial.Reason)];
        foreach (var row in seen.Trials)
        {
            isOver[row.Number] = row.HasEnded != 0;
            if (isOver[row.Number] || row.JobId is null) continue;
            await FollowAsync(row, definition, session, changes, offsets, reasons, cancellationToken).ConfigureAwait(false);
            if (!row.IsJobOver) continue;
            isOver[row.Number] = true;
            if (session.Trials[row.Number].State == TrialState.Running) End(row, definition, session, reasons);
        }

        if (seen.Study.ParsedState == StudyState.Running) Decide(seen, definition, session, changes, isOver, reasons, now);
        foreach (var row in seen.Trials)
        {
            var trial = session.Trials[row.Number];
            bool hasChanged = trial.State != Enum.Parse<TrialState>(row.State, ignoreCase: true) || isOver[row.Number] != (row.HasEnded != 0);
            if (hasChanged) changes.Trials.Add((trial, reasons[row.Number], isOver[row.Number], isOver[row.Number] ? row.SecondsUntil(now) : row.Seconds));
        }

        if (!changes.IsEmpty)
        {
            if (!await Studies.ApplyAsync(seen, definition, changes, now, cancellationToken).ConfigureAwait(false)) return;
            CrashPoint.Reach("studies.after-step");
            if (changes.Asked.Count > 0) CrashPoint.Reach("studies.after-ask");
            Tell(name, definition, changes);
        }

        foreach (var (file, offset) in offsets) read[file] = offset;
        await CancelAsync(seen, session, isOver, reasons, cancellationToken).ConfigureAwait(false);
        if (changes.End is null) return;
        CrashPoint.Reach("studies.after-end");
        if (changes.Winner is not null) lookForJobs();
    }

    // Every attempt's file, since what the last one reports begins at its checkpoint; what is known already changes nothing.
    private async Task FollowAsync(
        TrialRow row, StudyDefinition definition, SearchSession session, StudyChanges changes, Dictionary<string, long> offsets, string?[] reasons, CancellationToken cancellationToken)
    {
        var folder = new JobFolder(Path.Combine(jobsFolder, row.JobId!));
        for (int attempt = 1; attempt <= row.JobAttempts; attempt++)
        {
            string file = Path.Combine(folder.OutputOf(attempt), JobOutput.MetricsFile);
            long offset = read.GetValueOrDefault(file);
            while (await MetricsFollower.ReadAsync(file, offset, row.IsJobOver, cancellationToken).ConfigureAwait(false) is var batch && batch.Offset > offset)
            {
                offset = batch.Offset;
                foreach (var point in batch.Points)
                {
                    if (point.Key != definition.Metric || session.Trials[row.Number].State != TrialState.Running || !double.IsFinite(point.Value)) continue;
                    // A line without a step is about the whole, as the last one often is.
                    long step = definition.CountsSteps ? point.Step : point.Epoch ?? 0;
                    var reports = session.Trials[row.Number].Reports;
                    if (step < 1 || (reports.Count > 0 && step <= reports[^1].Step)) continue;
                    var report = new TrialReport(step, point.Value);
                    changes.Reports.Add((row.Number, report));
                    reasons[row.Number] = session.Report(row.Number, report);
                }
            }

            offsets[file] = offset;
        }
    }

    private void End(TrialRow row, StudyDefinition definition, SearchSession session, string?[] reasons)
    {
        if (row.JobState != "succeeded")
        {
            reasons[row.Number] = row.JobReason;
            session.Tell(row.Number, TrialState.Failed);
            return;
        }

        double? value = ReadValue(row, definition.Metric, out string? problem);
        reasons[row.Number] = problem;
        session.Tell(row.Number, TrialState.Complete, value);
    }

    private double? ReadValue(TrialRow row, string metric, out string? problem)
    {
        var card = new FileInfo(Path.Combine(new JobFolder(Path.Combine(jobsFolder, row.JobId!)).OutputOf(row.JobAttempts ?? 1), JobOutput.CardFile));
        try
        {
            if (card.Length > MaxCardBytes) throw new IOException($"it has {card.Length:N0} bytes, more than {MaxCardBytes:N0}");
            using var stream = card.OpenRead();
            var metrics = JsonSerializer.Deserialize<ModelCard>(stream, TrainingJson.Options)!.Metrics;
            bool isThere = metrics.TryGetValue(metric, out double value) && double.IsFinite(value);
            problem = isThere ? null : $"its model card has no number '{metric}'; there are: {string.Join(", ", metrics.Keys)}";
            return isThere ? value : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            problem = $"its model card cannot be read: {exception.Message}";
            return null;
        }
    }

    private static void Decide(StudySnapshot seen, StudyDefinition definition, SearchSession session, StudyChanges changes, bool[] isOver, string?[] reasons, DateTimeOffset now)
    {
        string? usedUp = WhatIsUsedUp(seen, definition.Budget, now);
        if (usedUp is not null)
        {
            foreach (var row in seen.Trials)
            {
                if (session.Trials[row.Number].State != TrialState.Running) continue;
                session.Tell(row.Number, TrialState.Stopped);
                reasons[row.Number] = $"the study's {usedUp}";
            }
        }

        int running = isOver.Count(over => !over);
        while (usedUp is null && running < definition.Parallel && session.Ask() is { } asked)
        {
            changes.Asked.Add(asked);
            running++;
        }

        bool isDone = session.IsExhausted && running == 0;
        if (usedUp is null && !isDone) return;
        var best = session.Best;
        string outcome = best is null ? "no trial has ended with a value" : string.Create(CultureInfo.InvariantCulture, $"trial {best.Number} is best with {definition.Metric} {best.Value:G6}");
        changes.End = (StudyState.Finished, $"{usedUp ?? $"{session.Trials.Count} trials have ended"}; {outcome}");
        if (definition.RegistersBest && best is not null) changes.Winner = seen.Trials[best.Number].JobId;
    }

    private static string? WhatIsUsedUp(StudySnapshot seen, StudyBudget budget, DateTimeOffset now)
    {
        if (now - UnixMicros.ToTime(seen.Study.ClockFromUs) is var passed && passed >= budget.Duration) return $"duration of {budget.Duration} is over";
        double seconds = seen.Trials.Sum(trial => trial.SecondsUntil(now));
        if (seconds >= budget.JobTime?.TotalSeconds) return $"running time of {budget.JobTime} is used up";
        return seconds / 3600 * budget.PricePerHour >= budget.Cost ? string.Create(CultureInfo.InvariantCulture, $"budget of {budget.Cost} is used up") : null;
    }

    // Asked again at every look until the job has ended: whoever asked first may have died before.
    private async Task CancelAsync(StudySnapshot seen, SearchSession session, bool[] isOver, string?[] reasons, CancellationToken cancellationToken)
    {
        foreach (var row in seen.Trials)
        {
            if (isOver[row.Number] || row.JobId is null || session.Trials[row.Number].State == TrialState.Running) continue;
            string state = session.Trials[row.Number].State.ToString().ToLowerInvariant();
            CrashPoint.Reach("studies.before-cancel");
            await cancelJob(row.JobId, Shorten($"trial {row.Number} of study {seen.Study.Name} is {state}: {reasons[row.Number]}"), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Tell(string name, StudyDefinition definition, StudyChanges changes)
    {
        foreach (var trial in changes.Asked) StudyLog.Asked(logger, name, trial.Number, string.Join(", ", definition.Space.Describe(trial.Point).Select(value => $"{value.Key} {value.Value}")));
        foreach (var (trial, reason, hasEnded, _) in changes.Trials)
        {
            if (!hasEnded) continue;
            StudyMetrics.Ended(trial.State);
            StudyLog.TrialEnded(logger, name, trial.Number, trial.State.ToString().ToLowerInvariant(), reason ?? trial.Value?.ToString("G6", CultureInfo.InvariantCulture) ?? "");
        }

        if (changes.End is { } end) StudyLog.StudyEnded(logger, name, end.State.ToString().ToLowerInvariant(), end.Reason);
    }

    private static string Shorten(string text) => text.Length <= 500 ? text : text[..499] + "…";
}
