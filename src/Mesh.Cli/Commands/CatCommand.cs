using System.CommandLine;
using Mesh.Commands.Inspect;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh cat FILE</c>: messages as JSON lines.</summary>
internal static class CatCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording." };
        var topics = new Option<string[]>("--topic") { Description = "Only this channel; may be given several times.", HelpName = "TOPIC", AllowMultipleArgumentsPerToken = false };
        var limit = new Option<long?>("--limit") { Description = "Stop after so many messages.", HelpName = "N" };
        var command = new Command("cat", "Print the messages of a recording as JSON lines, in file order.") { file, topics, limit };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = Terminal.OpenStandardOutput();
            await using (output.ConfigureAwait(false))
            {
                var losses = await RecordingPrinter.PrintAsync(parsed.GetValue(file)!, parsed.GetValue(topics) ?? [], parsed.GetValue(limit) ?? long.MaxValue, output, cancellationToken).ConfigureAwait(false);
                foreach (var loss in losses) await Terminal.Error.WriteLineAsync($"lost {loss}").ConfigureAwait(false);
                return losses.Count > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
            }
        });
        return command;
    }
}
