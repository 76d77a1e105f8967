namespace Mesh.Broker.Storage;

/// <summary>Type of a setting's value, numbered as DescribeConfigs answers it (KIP-569).</summary>
internal enum SettingType : sbyte
{
    Boolean = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}
