using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Recordings;
using Mesh.Commands.Telemetry;
using Mesh.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh telemetry send</c>: a recording's messages as live telemetry.</summary>
internal static class TelemetryCommand
{
    public static Command Create() => new("telemetry", "Live telemetry of vehicles.") { Send() };

    private static Command Send()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, the folder of a ROS 2 bag, or - for standard input." };
        var vehicle = new Option<string>("--vehicle") { Description = "Id of the vehicle: a pseudonym, not the VIN.", Required = true, HelpName = "ID" };
        var session = new Option<string?>("--session") { Description = "Session of the sequence numbers; what was sent in it is not taken twice (default: a new one).", HelpName = "NAME" };
        var rate = new Option<double>("--rate") { Description = "Multiple of the recorded pace; 0 sends as fast as it goes.", HelpName = "FACTOR", DefaultValueFactory = _ => 1 };
        var now = new Option<bool>("--now") { Description = "Move the log times, so that the recording begins now." };
        var reading = new ReaderOptions();
        return LogOptions.Create(
            "send", "Send the messages of a recording to fleet.telemetry.v1 at the pace they were recorded. Exit code 3 when messages were left out.",
            [file, vehicle, session, rate, now, .. reading.All],
            async (_, options, parsed, cancellationToken) =>
            {
                if (parsed.GetValue(rate) < 0) throw new UsageException("--rate is a factor from 0 on.");
                string path = parsed.GetValue(file)!;
                var reader = await RecordingInput.OpenAsync(path, await reading.ReadAsync(parsed, [path], cancellationToken).ConfigureAwait(false), null, cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    var producer = new RecordProducer(options, NullLogger.Instance);
                    await using (producer.ConfigureAwait(false))
                    {
                        var sent = await new TelemetrySender(producer, TimeProvider.System).SendAsync(
                            reader, parsed.GetValue(vehicle)!, parsed.GetValue(session) ?? Guid.NewGuid().ToString("N"), parsed.GetValue(rate), parsed.GetValue(now), cancellationToken)
                            .ConfigureAwait(false);
                        if (QueryCommand.WantsJson(parsed)) Printer.Json(sent);
                        else Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sent {sent.Sent:N0} messages{(sent.Skipped > 0 ? $", left out {sent.Skipped:N0} of encodings that telemetry does not have" : "")}"));
                        return sent.Skipped > 0 || reader.Losses.Count > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
                    }
                }
            });
    }
}
