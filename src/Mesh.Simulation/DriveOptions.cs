using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf4;
using Mesh.Formats.RosBag;
using Mesh.Model;

namespace Mesh.Simulation;

/// <summary>What drive to simulate. The same options give the same messages on every machine.</summary>
public sealed record DriveOptions
{
    /// <summary>Pseudonym of the vehicle (default: <c>V1</c>); decides its sensors' clocks and biases together with the seed.</summary>
    public string VehicleId { get; init; } = "V1";

    /// <summary>Length of the drive (default: 60 s; at most a day).</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Chooses the route, the manoeuvres and all noise (default: 1).</summary>
    public long Seed { get; init; } = 1;

    /// <summary>True time of the start (default: 2026-01-05T08:00Z plus as many minutes as the seed says, within eight hours).</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>
    /// Format of the recording (default: MCAP; also MDF 4, ROS 1 and ROS 2 bag). Messages of a ROS 1 bag are ROS 1's; those of MDF 4 become
    /// columns, a channel group per channel.
    /// </summary>
    public RecordingFormat Format { get; init; } = RecordingFormat.Mcap;

    /// <summary>Message schemas (default: ROS). Protobuf is for MCAP alone.</summary>
    public DriveSchema Schema { get; init; } = DriveSchema.Ros2;

    /// <summary>Compression of the chunks of MCAP (default: zstd).</summary>
    public McapCompression Compression { get; init; } = McapCompression.Zstd;

    /// <summary>Compression of the chunks of a ROS 1 bag (default: lz4). A ROS 2 bag has none.</summary>
    public Ros1BagCompression BagCompression { get; init; } = Ros1BagCompression.Lz4;

    /// <summary>Compression of the data blocks of MDF 4 (default: deflate).</summary>
    public Mdf4Compression MdfCompression { get; init; } = Mdf4Compression.Deflate;

    /// <summary>
    /// Whether sensors have clocks that are worse than slow or fast (default: no): the IMU's steps 40 ms back after 40 % of the drive, the
    /// steering's rate swings by 20 ppm within a minute, the lidar's is 37 s ahead.
    /// </summary>
    public bool ClockFaults { get; init; }

    /// <summary>
    /// Whether the label channel names a wrong manoeuvre, always the one after the true one in <see cref="ManoeuvreLabels.All"/> (default: no):
    /// a labelling tool that counts from one. Everything else is as driven, the ground truth too.
    /// </summary>
    public bool LabelFaults { get; init; }

    /// <summary>Width of camera frames in pixels (default: 160; 16 to 1920).</summary>
    public int CameraWidth { get; init; } = 160;

    /// <summary>Height of camera frames in pixels (default: 90; 16 to 1080).</summary>
    public int CameraHeight { get; init; } = 90;

    /// <summary>Rays per lidar sweep (default: 2000; 16 to 200 000). Those that hit nothing give no point.</summary>
    public int LidarPoints { get; init; } = 2000;

    /// <summary>The start as it will be used, nanoseconds since 1970.</summary>
    public long StartTimeNs
    {
        get
        {
            var start = StartTime ?? new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero).AddMinutes((ulong)Seed % 480);
            return (start - DateTimeOffset.UnixEpoch).Ticks * 100;
        }
    }

    /// <summary>Refuses options no drive can be made from.</summary>
    /// <exception cref="MeshException"><c>MESH11050</c>: the message names the option and its range.</exception>
    public void Validate()
    {
        Require(Duration > TimeSpan.Zero && Duration <= TimeSpan.FromDays(1), nameof(Duration), "more than zero and at most a day");
        Require(VehicleId.Length > 0, nameof(VehicleId), "a name");
        Require(CameraWidth is >= 16 and <= 1920, nameof(CameraWidth), "16 to 1920 pixels");
        Require(CameraHeight is >= 16 and <= 1080, nameof(CameraHeight), "16 to 1080 pixels");
        Require(LidarPoints is >= 16 and <= 200_000, nameof(LidarPoints), "16 to 200 000 rays");
        Require(Format is RecordingFormat.Mcap or RecordingFormat.Mdf4 or RecordingFormat.Ros1Bag or RecordingFormat.Ros2Bag, nameof(Format), "MCAP, MDF 4, ROS 1 bag or ROS 2 bag");
        Require(Schema == DriveSchema.Ros2 || Format == RecordingFormat.Mcap, nameof(Schema), "ROS unless the format is MCAP, which alone carries Protobuf");
        Require(StartTimeNs is >= 0 and < 2_000_000_000_000_000_000, nameof(StartTime), "a time from 1970 to 2033, as ROS 2 stamps have 31-bit seconds");

        static void Require(bool holds, string option, string range)
        {
            if (!holds) throw new MeshException("MESH11050", $"The drive's {option} must be {range}.");
        }
    }
}
