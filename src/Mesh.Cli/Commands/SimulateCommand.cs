using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Simulation;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh simulate</c>: writes a plausible drive with its ground truth beside it.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = "File to write; the ground truth goes to FILE.truth.json.", Required = true, HelpName = "FILE" };
        var format = new Option<string>("--format") { Description = "Format of the recording.", DefaultValueFactory = _ => "mcap" };
        format.AcceptOnlyFromAmong("mcap");
        var schema = new Option<string>("--schema") { Description = "Message schemas: ros2 (CDR) or protobuf.", DefaultValueFactory = _ => "ros2" };
        schema.AcceptOnlyFromAmong("ros2", "protobuf");
        var compression = new Option<string>("--compression") { Description = "Chunk compression.", DefaultValueFactory = _ => "zstd" };
        compression.AcceptOnlyFromAmong("none", "lz4", "zstd");
        var duration = new Option<string>("--duration") { Description = "Length of the drive.", DefaultValueFactory = _ => "60s" };
        var vehicle = new Option<string>("--vehicle") { Description = "Id of the vehicle; decides its sensors' clocks.", DefaultValueFactory = _ => "V1" };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 1 };
        var json = CommonOptions.Json();
        var command = new Command("simulate", "Write a plausible drive: IMU, GNSS, wheel speeds, steering, camera, lidar and manoeuvre labels, with ground truth.")
        {
            output, format, schema, compression, duration, vehicle, seed, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!DurationText.TryParse(parsed.GetValue(duration), out var length) || length <= TimeSpan.Zero)
            {
                throw new UsageException($"--duration '{parsed.GetValue(duration)}' is not a duration such as 60s or 5m.");
            }

            string path = parsed.GetValue(output)!;
            var truth = await SimulatedRecording.WriteAsync(path, new DriveOptions
            {
                VehicleId = parsed.GetValue(vehicle)!,
                Duration = length,
                Seed = parsed.GetValue(seed),
                Schema = parsed.GetValue(schema) == "protobuf" ? DriveSchema.Protobuf : DriveSchema.Ros2,
                Compression = Enum.Parse<McapCompression>(parsed.GetValue(compression)!, ignoreCase: true),
            }, cancellationToken).ConfigureAwait(false);

            if (parsed.GetValue(json)) Printer.Json(truth);
            else Terminal.Out.WriteLine($"{path}: {truth.Messages:N0} messages on {truth.Channels.Count} channels, {ByteSizeText.Format(new FileInfo(path).Length)}; ground truth in {path}.truth.json");
            return ExitCodes.Done;
        });
        return command;
    }
}
