namespace Mesh.Broker.Apis;

/// <summary>What settings may belong to; the numbers are the protocol's.</summary>
internal enum ConfigResourceType : sbyte
{
    Topic = 2,
    Broker = 4,
    BrokerLogger = 8,
}
