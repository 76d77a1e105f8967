namespace Mesh.Broker.Apis;

/// <summary>A place that a setting's value can come from, and the value there.</summary>
internal readonly record struct ConfigSynonym(string Name, string Value, ConfigSource Source);
