namespace Mesh.Formats.Bus.Frames;
internal static class CanFrame { public const uint ExtendedFlag = 0x80000000; }
