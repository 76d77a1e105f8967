using System.Text.Json;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Search;

namespace Mesh.Training.Studies;

public sealed partial class StudyStore
{
    private const int LongestReason = 500;

    /// <summary>Adds a study, to be run from now on.</summary>
    /// <param name="yaml">Text of the study's file.</param>
    /// <param name="fileName">Its name, for errors.</param>
    /// <param name="template">What all trials ask for: inputs, trainer, model, pool, gates, hyperparameters that they share.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH9360</c> the file is wrong; <c>MESH9361</c> there is a study of that name.</exception>
    public async ValueTask AddAsync(string yaml, string fileName, JobRequested template, DateTimeOffset now, CancellationToken cancellationToken)
    {
        string name = StudyDefinition.Parse(yaml, fileName).Name;
        int added = await database.WriteAsync(
            transaction => transaction.ExecuteAsync(
                """
                INSERT INTO studies (name, yaml, request, state, reason, created_at_us, clock_from_us, revision)
                VALUES (@name, @yaml, @request, 'running', 'started', @us, @us, 0) ON CONFLICT DO NOTHING
                """, new { name, yaml, request = template.ToByteArray(), us = UnixMicros.Of(now) }),
            cancellationToken).ConfigureAwait(false);
        if (added == 0) throw new MeshException("MESH9361", $"There is a study '{name}' already; its trials are not mixed with others. Give this one another name, or go on with `mesh studies resume {name}`.");
    }

    /// <summary>Stops a study: no further trial begins, and those that run are stopped. <see cref="ResumeAsync"/> goes on.</summary>
    /// <exception cref="MeshException"><c>MESH9362</c> there is no such study; <c>MESH9363</c> it does not run; <c>MESH9364</c> no reason, or one that is too long.</exception>
    public ValueTask StopAsync(string name, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        string text = reason.Trim();
        if (text.Length is 0 or > LongestReason) throw new MeshException("MESH9364", $"Give a reason of 1 to {LongestReason} characters: --reason TEXT. It is kept with the study.");
        return database.WriteAsync(
            async transaction =>
            {
                var study = (await RequireAsync(transaction, name).ConfigureAwait(false)).Study;
                if (study.ParsedState != StudyState.Running) throw new MeshException("MESH9363", $"The study '{name}' does not run; it is {study.State}: {study.Reason}.");
                await EndAsync(transaction, study, StudyState.Stopped, $"stopped: {text}", now).ConfigureAwait(false);
                await transaction.ExecuteAsync(
                    "UPDATE study_trials SET state = 'stopped', reason = @why WHERE study = @name AND state = 'running'", new { name, why = $"the study was stopped: {text}" }).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Goes on with a study that was stopped or has finished; trials that were stopped are requested once more.</summary>
    /// <param name="name">Name of the study.</param>
    /// <param name="trials">Trials there may be from now on; null for as many as before.</param>
    /// <param name="now">The time, from which the study's duration counts again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException">
    /// <c>MESH9362</c> there is no such study; <c>MESH9363</c> it runs, or has finished and would have nothing to do; <c>MESH9365</c> its trials are still being stopped.
    /// </exception>
    public ValueTask ResumeAsync(string name, int? trials, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (trials is < 1 or > SearchOptions.MaxTrials) throw new MeshException("MESH9363", $"{trials} trials are not possible; 1 to {SearchOptions.MaxTrials} are.");
        return database.WriteAsync(
            async transaction =>
            {
                var (study, all, _) = await RequireAsync(transaction, name).ConfigureAwait(false);
                if (study.ParsedState == StudyState.Running) throw new MeshException("MESH9363", $"The study '{name}' runs already. `mesh studies show {name}` tells how far it is.");
                if (all.Any(trial => trial.HasEnded == 0)) throw new MeshException("MESH9365", $"Trials of '{name}' are still being stopped; resume it when they have ended.");
                TrialRow[] stopped = [.. all.Where(trial => trial.State == "stopped")];
                if (study.ParsedState == StudyState.Finished && stopped.Length == 0 && !(trials > all.Count)) throw new MeshException("MESH9363", $"The study '{name}' has finished with {all.Count} trials: {study.Reason}. More of them: `mesh studies resume {name} --trials {all.Count + 10}`.");
                await transaction.ExecuteAsync(
                    "UPDATE studies SET state = 'running', reason = 'resumed', most_trials = COALESCE(@trials, most_trials), clock_from_us = @us, ended_at_us = NULL, revision = revision + 1 WHERE name = @name",
                    new { name, trials, us = UnixMicros.Of(now) }).ConfigureAwait(false);
                var definition = study.Definition;
                foreach (var trial in stopped) await RequestAgainAsync(transaction, study, definition, trial, now).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Writes what a look came to.</summary>
    /// <returns>False when the study has changed since; nothing is written then.</returns>
    internal ValueTask<bool> ApplyAsync(StudySnapshot seen, StudyDefinition definition, StudyChanges changes, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            var study = seen.Study;
            if (await transaction.ExecuteAsync("UPDATE studies SET revision = revision + 1 WHERE name = @Name AND revision = @Revision", new { study.Name, study.Revision }).ConfigureAwait(false) == 0) return false;
            await transaction.ExecuteAsync(
                "INSERT INTO study_reports (study, number, step, value) VALUES (@study, @number, @step, @value) ON CONFLICT DO NOTHING",
                changes.Reports.Select(item => new { study = study.Name, number = item.Number, step = item.Report.Step, value = item.Report.Value })).ConfigureAwait(false);
            await transaction.ExecuteAsync(
                "UPDATE study_trials SET state = @state, value = @value, reason = @reason, has_ended = @ended, seconds = @seconds WHERE study = @study AND number = @number",
                changes.Trials.Select(item => new
                {
                    study = study.Name, number = item.Trial.Number, state = Word(item.Trial.State), value = item.Trial.Value, reason = item.Reason, ended = item.HasEnded ? 1 : 0, seconds = item.Seconds,
                })).ConfigureAwait(false);
            foreach (var trial in changes.Asked) await AddTrialAsync(transaction, study, definition, trial, now).ConfigureAwait(false);
            if (changes.End is not { } end) return true;
            await EndAsync(transaction, study, end.State, end.Reason, now).ConfigureAwait(false);
            if (changes.Winner is { } job) await TrialJobs.RegisterAsync(transaction, job, $"best trial of study {study.Name}: what it made is registered", UnixMicros.Of(now)).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private static async Task AddTrialAsync(MetadataTransaction transaction, StudyRow study, StudyDefinition definition, SearchTrial trial, DateTimeOffset now)
    {
        var values = definition.Space.Describe(trial.Point);
        string id = TrialRequestId.Compute(study.Name, trial.Number, 1);
        await transaction.ExecuteAsync(
            """
            INSERT INTO study_trials (study, number, state, parameters, resource, trigger_id, round, has_ended, asked_at_us)
            VALUES (@study, @number, 'running', @parameters, @resource, @id, 1, 0, @us)
            """,
            new { study = study.Name, number = trial.Number, parameters = JsonSerializer.Serialize(values), resource = trial.Resource, id, us = UnixMicros.Of(now) }).ConfigureAwait(false);
        await RequestAsync(transaction, study, definition, trial.Number, values, trial.Resource, id, now).ConfigureAwait(false);
    }

    private static async Task RequestAgainAsync(MetadataTransaction transaction, StudyRow study, StudyDefinition definition, TrialRow trial, DateTimeOffset now)
    {
        string id = TrialRequestId.Compute(study.Name, trial.Number, trial.Round + 1);
        await transaction.ExecuteAsync("DELETE FROM study_reports WHERE study = @study AND number = @number", new { study = study.Name, number = trial.Number }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "UPDATE study_trials SET state = 'running', reason = NULL, trigger_id = @id, round = round + 1, has_ended = 0 WHERE study = @study AND number = @number",
            new { study = study.Name, number = trial.Number, id }).ConfigureAwait(false);
        await RequestAsync(transaction, study, definition, trial.Number, trial.Values, trial.Resource, id, now).ConfigureAwait(false);
    }

    private static async Task RequestAsync(
        MetadataTransaction transaction, StudyRow study, StudyDefinition definition, int number, IReadOnlyDictionary<string, string> values, long? resource, string id, DateTimeOffset now)
    {
        var request = study.Template;
        request.TriggerId = id;
        request.Rule = $"study/{study.Name}";
        request.Reason = FormattableString.Invariant($"trial {number} of study {study.Name}: {string.Join(", ", values.Select(value => $"{value.Key} {value.Value}"))}");
        request.RequestedAtUs = UnixMicros.Of(now);
        request.NoRegister = true;
        foreach (var (name, value) in values) request.Hyperparameters[name] = value;
        if (resource is { } most) request.Hyperparameters[definition.Search.Scheduler.Resource] = FormattableString.Invariant($"{most}");
        await Outbox.AddAsync(transaction, Topics.JobRequested, request.Rule, JobRequested.Descriptor.FullName, request.ToByteArray()).ConfigureAwait(false);
    }

    private static Task EndAsync(MetadataTransaction transaction, StudyRow study, StudyState state, string reason, DateTimeOffset now) => transaction.ExecuteAsync(
        "UPDATE studies SET state = @state, reason = @reason, ended_at_us = @us, revision = revision + 1 WHERE name = @Name",
        new { study.Name, state = state.ToString().ToLowerInvariant(), reason, us = UnixMicros.Of(now) });

    private static async Task<StudySnapshot> RequireAsync(MetadataSession session, string name) => await LoadAsync(session, name).ConfigureAwait(false)
        ?? throw new MeshException("MESH9362", $"There is no study '{name}'. `mesh studies list` shows them.");

    private static string Word(TrialState state) => state.ToString().ToLowerInvariant();
}
