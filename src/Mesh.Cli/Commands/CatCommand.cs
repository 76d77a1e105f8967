using System.CommandLine;
using Mesh.Commands.Inspect;
using Mesh.Formats.Messages;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh cat FILE</c>: messages as JSON lines.</summary>
internal static class CatCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, the folder of a ROS 2 bag, or - for standard input." };
        var raw = new Option<bool>("--raw") { Description = "MDF channels and bus signals as stored, without their conversion." };
        var reader = new ReaderOptions();
        var limit = new Option<long?>("--limit") { Description = "Stop after so many messages.", HelpName = "N" };
        var command = new Command("cat", "Print the messages of a recording as JSON lines, in file order. Messages that cannot be decoded are shown as bytes with the reason, and make the exit code 3.") { file, limit, raw };
        reader.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = Terminal.OpenStandardOutput();
            await using (output.ConfigureAwait(false))
            {
                string path = parsed.GetValue(file)!;
                var options = await reader.ReadAsync(parsed, [path], cancellationToken).ConfigureAwait(false);
                var (losses, undecoded) = await RecordingPrinter.PrintAsync(
                    path, options, new MessageDecoderOptions { RawValues = parsed.GetValue(raw) }, parsed.GetValue(limit) ?? long.MaxValue, output, cancellationToken).ConfigureAwait(false);
                foreach (var loss in losses) await Terminal.Error.WriteLineAsync($"lost {loss}").ConfigureAwait(false);
                return losses.Count > 0 || undecoded > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
            }
        });
        return command;
    }
}
