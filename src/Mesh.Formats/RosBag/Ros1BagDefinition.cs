namespace Mesh.Formats.RosBag;

/// <summary>A connection record met between messages.</summary>
/// <param name="MessageIndex">Messages of the block before it.</param>
/// <param name="Offset">Its first byte in the block's records.</param>
/// <param name="FileOffset">Its position in the file, or its chunk's.</param>
internal readonly record struct Ros1BagDefinition(int MessageIndex, int Offset, long FileOffset);
