using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Studies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests.Studies;

/// <summary>
/// Studies whose trainer is a shell script: it reports <c>accuracy = 1 - |x - 0.3| - 1 / (epoch + 1)</c> and leaves it in its card. What is in the
/// outbox is delivered twice, as a broker may.
/// </summary>
internal sealed class StudyFixture : IDisposable
{
    private const string Trainer =
        """
        x=$(sed -n 's/.*"x": "\([^"]*\)".*/\1/p' "$MESH_JOB_SPEC"); epochs=$(sed -n 's/.*"epochs": "\([^"]*\)".*/\1/p' "$MESH_JOB_SPEC")
        [ "$x" != 0.9 ] || exit 2
        $GOOD
        e=0
        while [ $e -lt $epochs ]; do
          e=$((e + 1))
          value=$(awk -v x=$x -v e=$e 'BEGIN { d = x - 0.3; if (d < 0) d = -d; printf "%.6f", 1 - d - 1 / (e + 1) }')
          echo "{\"type\":\"metric\",\"epoch\":$e,\"step\":$((e * 40)),\"accuracy\":$value}" >> "$MESH_OUTPUT_DIR/metrics.jsonl"
          WAIT
        done
        sed -i "s/\"accuracy\":[0-9.]*/\"accuracy\":$value/" "$MESH_OUTPUT_DIR/model_card.json"
        $SUCCESS
        """;

    private readonly RunnerFixture jobs;
    private readonly Outbox outbox;
    private JobRunner? runner;

    public StudyFixture(TestDatabase place)
    {
        jobs = new RunnerFixture(place);
        outbox = new Outbox(jobs.Database);
        Time = new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddYears(55));
        Studies = NewRunner();
    }

    public ManualTimeProvider Time { get; }

    /// <summary>Looks after the studies; replaced by <see cref="Restart"/>.</summary>
    public StudyRunner Studies { get; private set; }

    public JobRunner Jobs => runner ??= jobs.Runner(Trainer.Replace("WAIT", Pause));

    public MetadataDatabase Database => jobs.Database;

    public string JobsFolder => jobs.Options.JobsFolder;

    /// <summary>What the trainer does after each epoch.</summary>
    public string Pause { get; set; } = ":";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static string Yaml(string name = "search", string rest = "budget: { trials: 4 }", string space = "x: { uniform: [0, 0.8], step: 0.1 }") =>
        $$"""
        apiVersion: mesh/v1
        kind: Study
        metadata: { name: {{name}}, owner: tests }
        from: { products: [frames] }
        job: { trainer: a script, model: manoeuvre, hyperparameters: { epochs: 4 } }
        space: { {{space}} }
        objective: { metric: accuracy }
        seed: 3
        {{rest}}
        """;

    public ValueTask AddAsync(string yaml)
    {
        var template = RunnerFixture.Request();
        template.Hyperparameters.Clear();
        template.Hyperparameters["epochs"] = "4";
        return Studies.Studies.AddAsync(yaml, "study.yaml", template, Time.GetUtcNow(), Stop);
    }

    public async Task<StudyView> ShowAsync(string name = "search") => (await Studies.Studies.FindAsync(name, Time.GetUtcNow(), Stop))!;

    /// <summary>As if the process had died: what was only in memory is gone.</summary>
    public void Restart()
    {
        Studies.Dispose();
        Studies = NewRunner();
    }

    /// <summary>One look at the studies, delivery of what it asked for, and whatever jobs there are, one after the other.</summary>
    public async Task TurnAsync()
    {
        await Studies.LookAsync(Stop);
        await DeliverAsync();
        while (await Jobs.RunNextAsync(Stop))
        {
        }
    }

    public async Task DeliverAsync()
    {
        foreach (var entry in (await outbox.PeekAsync(1000, Stop)).Where(entry => entry.Topic == "job.requested.v1"))
        {
            var request = JobRequested.Parser.ParseFrom(entry.Protobuf);
            await Jobs.AcceptAsync(request, null, Stop);
            await Jobs.AcceptAsync(request, null, Stop);
            await outbox.RemoveAsync([entry.Id], Stop);
        }
    }

    /// <summary>Turns until the study has ended and nothing of it runs.</summary>
    public async Task<StudyView> RunAsync(string name = "search", Action? betweenTurns = null)
    {
        for (int turn = 0; turn < 100; turn++)
        {
            await TurnAsync();
            betweenTurns?.Invoke();
            var study = await ShowAsync(name);
            if (study.State == StudyState.Running || study.Trials.Any(trial => !trial.HasEnded)) continue;
            await TurnAsync();
            return await ShowAsync(name);
        }

        throw new InvalidOperationException($"The study does not end: {string.Join(", ", (await ShowAsync(name)).Trials)}");
    }

    public void Dispose()
    {
        Studies.Dispose();
        outbox.Dispose();
        jobs.Dispose();
    }

    private StudyRunner NewRunner() => new(
        jobs.Database, jobs.Options.JobsFolder, (job, reason, token) => Jobs.CancelTrialAsync(job, reason, token), () => Jobs.Look(), NullLogger.Instance, Time);
}
