using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf4;
using Mesh.Formats.RosBag;
using Mesh.Model;
using Mesh.Simulation;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh simulate</c>: writes a plausible drive with its ground truth beside it.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = "File to write, of rosbag2 a folder; the ground truth goes to FILE.truth.json.", Required = true, HelpName = "FILE" };
        var format = new Option<string>("--format") { Description = "Format of the recording.", DefaultValueFactory = _ => "mcap" };
        format.AcceptOnlyFromAmong("mcap", "mdf4", "rosbag1", "rosbag2");
        var schema = new Option<string>("--schema") { Description = "Message schemas: ros2 (CDR; in a rosbag1 ROS 1's) or protobuf (mcap alone).", DefaultValueFactory = _ => "ros2" };
        schema.AcceptOnlyFromAmong("ros2", "protobuf");
        var compression = new Option<string?>("--compression")
        {
            Description = "Compression: mcap none, lz4 or zstd (default); rosbag1 none, lz4 (default) or bz2; mdf4 none, deflate (default) or transposeddeflate; rosbag2 none.",
        };
        compression.AcceptOnlyFromAmong("none", "lz4", "zstd", "bz2", "deflate", "transposeddeflate");
        var duration = new Option<string>("--duration") { Description = "Length of the drive.", DefaultValueFactory = _ => "60s" };
        var vehicle = new Option<string>("--vehicle") { Description = "Id of the vehicle; decides its sensors' clocks.", DefaultValueFactory = _ => "V1" };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 1 };
        var clockFaults = new Option<bool>("--clock-faults") { Description = "Give some sensors clocks that step, wander or keep another time scale; the truth file says which." };
        var labelFaults = new Option<bool>("--label-faults") { Description = "Let the label channel name a wrong manoeuvre, as a labelling tool does that counts from one; the truth file has the right ones." };
        var json = CommonOptions.Json();
        var command = new Command("simulate", "Write a plausible drive: IMU, GNSS, wheel speeds, steering, camera, lidar and manoeuvre labels, with ground truth.")
        {
            output, format, schema, compression, duration, vehicle, seed, clockFaults, labelFaults, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!DurationText.TryParse(parsed.GetValue(duration), out var length) || length <= TimeSpan.Zero)
            {
                throw new UsageException($"--duration '{parsed.GetValue(duration)}' is not a duration such as 60s or 5m.");
            }

            string path = Path.TrimEndingDirectorySeparator(parsed.GetValue(output)!);
            string formatName = parsed.GetValue(format)!;
            if (parsed.GetValue(schema) == "protobuf" && formatName != "mcap") throw new UsageException($"--schema protobuf goes with --format mcap alone; {formatName} carries ros2.");
            var options = WithFormat(formatName, parsed.GetValue(compression), new DriveOptions
            {
                VehicleId = parsed.GetValue(vehicle)!,
                Duration = length,
                Seed = parsed.GetValue(seed),
                ClockFaults = parsed.GetValue(clockFaults),
                LabelFaults = parsed.GetValue(labelFaults),
                Schema = parsed.GetValue(schema) == "protobuf" ? DriveSchema.Protobuf : DriveSchema.Ros2,
            });
            var truth = await SimulatedRecording.WriteAsync(path, options, cancellationToken).ConfigureAwait(false);

            if (parsed.GetValue(json)) Printer.Json(truth);
            else Terminal.Out.WriteLine($"{path}: {truth.Messages:N0} messages on {truth.Channels.Count} channels, {ByteSizeText.Format(truth.FileBytes)}; ground truth in {path}.truth.json");
            return ExitCodes.Done;
        });
        return command;
    }

    private static DriveOptions WithFormat(string format, string? compression, DriveOptions options)
    {
        switch (format)
        {
            case "mdf4":
                return options with { Format = RecordingFormat.Mdf4, MdfCompression = Choose(options.MdfCompression) };
            case "rosbag1":
                return options with { Format = RecordingFormat.Ros1Bag, BagCompression = Choose(options.BagCompression) };
            case "rosbag2":
                if (compression is not (null or "none")) throw new UsageException($"--compression {compression} does not go with rosbag2, which is not compressed.");
                return options with { Format = RecordingFormat.Ros2Bag };
            default:
                return options with { Compression = Choose(options.Compression) };
        }

        T Choose<T>(T usual) where T : struct, Enum =>
            compression is null ? usual
            : Enum.TryParse<T>(compression, ignoreCase: true, out var chosen) ? chosen
            : throw new UsageException($"--compression {compression} does not go with {format}, which takes {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
    }
}
