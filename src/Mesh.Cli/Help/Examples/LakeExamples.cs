namespace Mesh.Cli.Help.Examples;

/// <summary>Products and the tables below them.</summary>
internal static class LakeExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh products list", "All, with rows and newest snapshot"),
        new("mesh products show chassis.imu", "Columns, snapshots, where it comes from"),
        new("mesh products head chassis.imu --where \"vehicle_id = 'V7'\" --limit 5", "A few rows of one vehicle"),
        new("mesh products versions chassis.imu", "Versions side by side, and which one the name means"),
        new("mesh products switch chassis.imu --to 2 --reason 'wheels are decoded from the start'", "The name means version 2 from now on"),
        new("mesh subscribe chassis.imu", "Rows as they are committed, as JSON lines"),
        new("mesh subscribe chassis.imu --from earliest --consumer my-team", "From the beginning, and next time from where it stopped"),
        new("mesh subscribe chassis.imu --from earliest --no-follow --format arrow -o imu.arrows", "What is there now, as an Arrow stream"),
        new("mesh catalogue tables", "All tables with files, rows and bytes"),
        new("mesh catalogue show chassis.imu", "Schema, partitions, sort order, branches and tags"),
        new("mesh catalogue snapshots chassis.imu", "Its history, newest first"),
        new("mesh catalogue files chassis.imu --where \"vehicle_id = 'V7'\"", "The files a reader of one vehicle opens"),
        new("mesh catalogue serve --data mesh-data --port 8181", "The Iceberg REST catalogue alone, for other engines"),
        new("mesh catalogue compact chassis.imu", "Small files into large ones"),
        new("mesh catalogue compact --all --dry-run", "What it would do to every table"),
        new("mesh catalogue manifests chassis.imu", "Fewer manifests to read per scan"),
        new("mesh catalogue expire chassis.imu --older-than 7d --keep-last 20", "Old snapshots go, and files only they had"),
        new("mesh catalogue orphans --all --dry-run", "Files that nothing refers to, and nothing deleted"),
        new("mesh catalogue tier --all", "Old files to colder storage classes"),
        new("mesh catalogue cost --prices deploy/prices/example.yaml", "Bytes and money by product"),
        new("mesh catalogue delete chassis.imu --where \"vehicle_id = 'V7'\" --dry-run", "What erasing a vehicle would touch"),
        new("mesh catalogue tag chassis.imu release-1 --keep 90d", "A name for the current snapshot that keeps it"),
        new("mesh catalogue branch chassis.imu trial", "A branch for an engine to write to"),
        new("mesh catalogue drop-ref chassis.imu trial", "The branch is no more"),
        new("mesh catalogue rollback chassis.imu --to release-1 --dry-run", "What going back would undo"),
        new("mesh catalogue alter chassis.imu --doc linear_acceleration=m/s2", "A comment for a column"),
    ];
}
