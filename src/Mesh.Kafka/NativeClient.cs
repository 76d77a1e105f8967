using Confluent.Kafka;

namespace Mesh.Kafka;

/// <summary>The native Kafka client library that this process loaded.</summary>
public static class NativeClient
{
    /// <summary>Version of librdkafka; loads the library.</summary>
    public static string Version => Library.VersionString;
}
