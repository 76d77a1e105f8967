using System.Runtime.InteropServices;

namespace Mesh.Onnx.Runtime;

/// <summary>An object of ONNX Runtime, released once nobody uses it any more.</summary>
internal sealed unsafe class OrtHandle : SafeHandle
{
    private readonly delegate* unmanaged<nint, void> release;

    public OrtHandle(nint handle, delegate* unmanaged<nint, void> release)
        : base(0, ownsHandle: true)
    {
        this.release = release;
        SetHandle(handle);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The object. The caller keeps it alive: by a reference counted with <see cref="SafeHandle.DangerousAddRef"/>, or by owning it alone.</summary>
    public nint Value => handle;

    protected override bool ReleaseHandle()
    {
        release(handle);
        return true;
    }
}
