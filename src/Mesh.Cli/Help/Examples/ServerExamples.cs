namespace Mesh.Cli.Help.Examples;

/// <summary>Servers, and what they say of themselves.</summary>
internal static class ServerExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh demo", "Everything once, in about a minute, and gone afterwards"),
        new("mesh demo --data demo", "The same, and its state stays for a look around"),
        new("mesh demo --lifecycle --data story", "The life of a model: trained, gated, approved, released"),
        new("mesh up", "Everything in one process, its state in ./mesh-data"),
        new("mesh up --data lake1 --topology mine.yaml", "With a topology of one's own"),
        new("mesh up --storage s3://fleet/mesh --kafka broker1:9092,broker2:9092", "Tables in S3, events in a Kafka cluster"),
        new("mesh broker --data broker --registry 8081", "Only the event log and a schema registry, for any Kafka client"),
        new("mesh broker --listen 0.0.0.0:9092 --advertise kafka.example.com --users users --tls-certificate cert.pem --tls-key key.pem", "Open to the network, with TLS and users"),
        new("mesh status", "What runs, where it listens, what is under way"),
        new("mesh status --server https://mesh.example.com --json", "Of another machine, for a program"),
    ];
}
