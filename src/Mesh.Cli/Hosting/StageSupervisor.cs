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
    private readonly List<Stage> stages = [];
    private readonly ConcurrentDictionary<string, StageView> views = new();

    /// <summary>The stages and how they are.</summary>
    public IReadOnlyList<StageView> Views => [.. stages.Select(stage => views[stage.Name])];

    /// <summary>Starts a stage.</summary>
    public void Start(string name, Func<CancellationToken, Task> run)
    {
        var stop = new CancellationTokenSource();
        views[name] = new StageView(name, "running", 0, null);
        stages.Add(new Stage(name, stop, SuperviseAsync(name, run, stop.Token)));
    }

    /// <summary>Stops all stages, first started first.</summary>
    public async Task StopAsync()
    {
        foreach (var stage in stages)
        {
            await stage.Stop.CancelAsync().ConfigureAwait(false);
            await stage.Running.ConfigureAwait(false);
            stage.Stop.Dispose();
        }

        stages.Clear();
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
