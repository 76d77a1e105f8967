namespace Mesh.Cli.Help.Examples;

/// <summary>The event log and its schemas.</summary>
internal static class LogExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh topics list", "Mesh's own"),
        new("mesh topics list --kafka broker1:9092", "Those of a cluster"),
        new("mesh topics describe fleet.uploads.v1", "Partitions, offsets, settings of its own"),
        new("mesh topics tail lake.snapshot-committed.v1 --from earliest --max 2", "Two events, decoded"),
        new("mesh topics create positions --partitions 4 --set cleanup.policy=compact", "With a setting by Kafka's name"),
        new("mesh topics alter positions --set retention.ms=3600000", "An hour of retention"),
        new("mesh topics delete positions", "With everything in it"),
        new("mesh acls list", "Who may do what"),
        new("mesh acls add ann write --topic fleet. --prefix", "Only ann writes to the fleet's topics"),
        new("mesh acls remove ann write --topic fleet. --prefix", "And everybody again"),
        new("mesh schemas list --prefix fleet.", "Subjects that begin so"),
        new("mesh schemas show readings-value", "The text of the newest version"),
        new("mesh schemas check changed.proto --subject readings-value", "Whether it would be accepted"),
        new("mesh schemas register reading.proto --subject readings-value", "A new version"),
        new("mesh schemas compatibility FULL --subject readings-value", "Which changes are accepted from now on"),
        new("mesh groups list", "Who reads, and how far behind"),
        new("mesh groups describe mesh.fleet-ingest", "Members, partitions, lag"),
        new("mesh groups reset-offsets mesh.fleet-ingest --topic fleet.uploads.v1 --from earliest", "Read everything again"),
    ];
}
