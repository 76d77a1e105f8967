namespace Mesh.Broker.Apis;

/// <summary>Where a setting's value comes from; the numbers are the protocol's (KIP-226).</summary>
internal enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    StaticBroker = 4,
    Default = 5,
}
