using Mesh.Commands.Recordings;
using Mesh.Model;
using Spectre.Console;

namespace Mesh.Cli.Output;

/// <summary>A bar on standard error while a person is looking; nothing otherwise.</summary>
internal static class ProgressBar
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs long work that reports how much of its input it has read.</summary>
    public static async Task<T> RunAsync<T>(string title, Func<ReadProgress, Task<T>> work)
    {
        var progress = new ReadProgress();
        if (Terminal.IsErrorRedirected) return await work(progress).ConfigureAwait(false);

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Terminal.Error) });
        return await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(title), maxValue: 1);
                var running = work(progress);
                while (await Task.WhenAny(running, Task.Delay(Refresh)).ConfigureAwait(false) != running)
                {
                    bar.MaxValue = Math.Max(1, progress.TotalBytes);
                    bar.Value = progress.ReadBytes;
                }

                return await running.ConfigureAwait(false);
            }).ConfigureAwait(false);
    }
}
