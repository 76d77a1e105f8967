using System.Collections.Concurrent;
using Mesh.Commands.Queries;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>
/// Runs the stages and starts one again that fails: a fault in one stage neither stops the process nor the others. Stages are stopped in the
/// order they were started, each drained before the next, so that what one has read still reaches the one behind it.
/// </summary>
internal sealed class StageSupervisor(ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);
    private readonly Lock gate = new();
    private readonly List<Stage> stages = [];
    private readonly ConcurrentDictionary<string, StageView> views = new();
    private bool isStopping;

    /// <summary>The stages and how they are.</summary>
    public IReadOnlyList<StageView> Views
    {
        get
        {
            lock (gate) return [.. stages.Select(stage => views[stage.Name])];
        }
    }

    /// <summary>Starts a stage; once all are being stopped none is started any more.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Runs it until cancelled.</param>
    /// <param name="stopsFirst">Whether it is stopped before those that run already.</param>
    public void Start(string name, Func<CancellationToken, Task> run, bool stopsFirst = false)
    {
        lock (gate)
        {
            if (isStopping) return;
            var stop = new CancellationTokenSource();
            views[name] = new StageView(name, "running", 0, null);
            stages.Insert(stopsFirst ? 0 : stages.Count, new Stage(name, stop, SuperviseAsync(name, run, stop.Token)));
        }
    }

    /// <summary>Stops one stage; nothing happens when there is none of the name.</summary>
    public async Task StopAsync(string name)
    {
        Stage? stage;
        lock (gate)
        {
            stage = stages.Find(candidate => candidate.Name == name);
            if (stage is not null) stages.Remove(stage);
        }

        if (stage is not null) await StopAsync(stage).ConfigureAwait(false);
    }

    /// <summary>Stops all stages, first started first.</summary>
    public async Task StopAsync()
    {
        while (true)
        {
            Stage stage;
            lock (gate)
            {
                isStopping = true;
                if (stages.Count == 0) return;
                stage = stages[0];
                stages.RemoveAt(0);
            }

            await StopAsync(stage).ConfigureAwait(false);
        }
    }

    private static async Task StopAsync(Stage stage)
    {
        await stage.Stop.CancelAsync().ConfigureAwait(false);
        await stage.Running.ConfigureAwait(false);
        stage.Stop.Dispose();
    }

    private async Task SuperviseAsync(string name, Func<CancellationToken, Task> run, CancellationToken stop)
    {
        await Task.Yield();
        for (int restarts = 0; !stop.IsCancellationRequested; restarts++)
        {
            try
            {
                views[name] = views[name] with { State = "running" };
                await run(stop).ConfigureAwait(false);
                break;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                string error = exception is MeshException known ? $"{known.Code}: {known.Message}" : exception.Message;
                HostLog.StageFailed(logger, exception, name, error);
                views[name] = new StageView(name, "restarting", restarts + 1, error);
                var pause = TimeSpan.FromMilliseconds(Math.Min(MaxPause.TotalMilliseconds, 200 * Math.Pow(2, Math.Min(restarts, 10))));
                await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        views[name] = views[name] with { State = "stopped" };
    }

    private sealed record Stage(string Name, CancellationTokenSource Stop, Task Running);
}
