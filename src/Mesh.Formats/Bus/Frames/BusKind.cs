namespace Mesh.Formats.Bus.Frames;

/// <summary>Kinds of buses that frames are logged from.</summary>
internal enum BusKind
{
    Can,
    Lin,
    FlexRay,
    Ethernet,
}
