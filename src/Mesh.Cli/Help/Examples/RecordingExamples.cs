namespace Mesh.Cli.Help.Examples;

/// <summary>Recordings: made, looked into, changed, sent, and what became of them.</summary>
internal static class RecordingExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh simulate -o drive.mcap --duration 2m --vehicle V7 --seed 42", "Two minutes; the same seed gives the same bytes"),
        new("mesh simulate --format mdf4 -o drive.mf4", "The same drive as a measurement file"),
        new("mesh inspect drive.mcap", "Channels, schemas, rates and damage, from the index"),
        new("mesh inspect drive.mcap --full", "Every message read, and so all damage found"),
        new("mesh inspect drive.mcap --clocks", "Offset, drift and steps of the sensors' clocks"),
        new("mesh cat drive.mcap --topic /imu --limit 3", "The first three messages of a channel, as JSON"),
        new("mesh cat log.blf --dbc chassis.dbc", "CAN frames as signals"),
        new("mesh stats drive.mcap --topic /imu", "Count, range, mean and spread of each column"),
        new("mesh stats drive.mcap --topic /imu --bin 1s --csv", "Per second, ready to plot"),
        new("mesh recover broken.mcap -o clean.mcap", "Everything intact; exit code 3 when something was not"),
        new("mesh convert drive.mcap -o drive.mf4", "From one format to another"),
        new("mesh convert drive.mcap -o tables --format parquet", "One Parquet file per channel"),
        new("mesh filter drive.mcap -o imu.mcap --topic '/imu*' --start +10s --end +20s", "Ten seconds of some channels"),
        new("mesh merge part1.mcap part2.mcap -o whole.mcap", "By log time, in bounded memory"),
        new("mesh split drive.mcap -o parts --every 30s", "A file per half minute"),
        new("mesh sort whole.mcap -o sorted.mcap", "Into log-time order"),
        new("mesh publish drive.mcap --vehicle V7", "Upload; goes on where it was interrupted"),
        new("mesh publish drive.mcap --vehicle V7 --wait", "And wait until the rows are in their tables"),
        new("mesh publish drive.mcap --vehicle V7 --kafka 127.0.0.1:9092", "Through the event log instead of HTTP"),
        new("mesh telemetry send drive.mcap --vehicle V7 --now", "A recording as if it were being driven now"),
        new("mesh recordings list", "The newest, and how far each is"),
        new("mesh recordings list --limit 10 --json", "Ten, for a program"),
        new("mesh recordings show b30a782ef00b", "Channel by channel: rows, dead letters, losses"),
        new("mesh recordings clocks b30a782ef00b", "What was found out about its clocks"),
        new("mesh recordings signals b30a782ef00b", "Everything that can be drawn or exported, by name"),
        new("mesh recordings export b30a782ef00b --signals /imu:linear_acceleration.x,/steering:angle --from 3 --to 5 -o turn.csv", "Every sample of two seconds, in time order"),
        new("mesh recordings export b30a782ef00b --signals /wheel_speeds:speed -o speed.parquet", "A whole drive as Parquet"),
        new("mesh recordings withdraw 35e1ef3b7277 --as erin --reason 'the driver asked'", "Consent was withdrawn"),
        new("mesh recordings withdrawn", "All whose consent was withdrawn"),
        new("mesh lineage vehicle vehicle-1", "Models that have seen a vehicle's data"),
        new("mesh lineage recording 35e1ef3b7277", "Models that have seen a recording"),
    ];
}
