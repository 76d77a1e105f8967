using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;

namespace Mesh.Formats.Messages.Wire;

/// <summary>Sections, alignment, loads and stores.</summary>
internal sealed partial class WireEmitter
{
    private static readonly MethodInfo ArrayOfBytes = Generic(nameof(MemoryMarshal.GetArrayDataReference)).MakeGenericMethod(typeof(byte));
    private static readonly MethodInfo ArrayOfArrays = Generic(nameof(MemoryMarshal.GetArrayDataReference)).MakeGenericMethod(typeof(byte[]));

    /// <summary>Gives up when count elements of so many bytes are not there.</summary>
    private void CheckRemaining(int bytes)
    {
        il.Emit(OpCodes.Ldloc, count);
        il.Emit(OpCodes.Conv_U8);
        if (bytes > 1)
        {
            il.Emit(OpCodes.Ldc_I8, (long)bytes);
            il.Emit(OpCodes.Mul);
        }

        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldloc, position);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Bgt, fail);
    }

    /// <summary>Offset of a value within the section; begins a new one where its alignment is not known.</summary>
    private int Place(int size, int width)
    {
        int alignment = Math.Min(width, maxAlignment);
        if (knownModulus < alignment)
        {
            Flush();
            Align(alignment);
            (knownModulus, knownRest) = (alignment, 0);
        }

        int offset = pendingSize + (-(knownRest + pendingSize) & (alignment - 1));
        pendingSize = offset + size;
        return offset;
    }

    private void Align(int alignment)
    {
        il.Emit(OpCodes.Ldloc, position);
        Int(alignment - 1);
        il.Emit(OpCodes.Add);
        Int(-alignment);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Stloc, position);
    }

    private void Flush()
    {
        if (pendingSize == 0) return;
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldloc, position);
        il.Emit(OpCodes.Sub);
        Int(pendingSize);
        il.Emit(OpCodes.Blt, fail);
        Here();
        il.Emit(OpCodes.Stloc, section);
        foreach (var (node, offset) in pending) Store(node, offset);
        il.Emit(OpCodes.Ldloc, position);
        Int(pendingSize);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, position);
        knownRest = (knownRest + pendingSize) & (knownModulus - 1);
        pendingSize = 0;
        pending.Clear();
    }

    private void Store(WireNode? node, int offset)
    {
        if (node is null)
        {
            Load(WireKind.Int32, offset);
            il.Emit(OpCodes.Stloc, count);
            return;
        }

        switch (node.Kind)
        {
            case WireKind.List:
                int size = (int)node.FixedCount * node.Element!.Width;
                Destination(node.Element.Slot, size);
                Source(offset);
                Int(size);
                il.Emit(OpCodes.Unaligned, (byte)1);
                il.Emit(OpCodes.Cpblk);
                break;
            case WireKind.Enum:
                Run();
                SlotAndRow(node);
                Load(node.Storage, offset);
                il.Emit(node.Storage is WireKind.UInt8 or WireKind.UInt16 or WireKind.UInt32 or WireKind.Bool ? OpCodes.Conv_U8 : OpCodes.Conv_I8);
                Call(nameof(WireRun.AppendEnum));
                break;
            case WireKind.Bool: StoreBit(node, offset); break;
            case WireKind.UInt64:
                Destination(node.Slot, 16);
                Load(WireKind.Int64, offset);
                StoreAs(OpCodes.Stind_I8);
                Destination(node.Slot, 16);
                Int(8);
                il.Emit(OpCodes.Add);
                il.Emit(OpCodes.Ldc_I8, 0L);
                StoreAs(OpCodes.Stind_I8);
                break;
            case WireKind.Float64 or WireKind.Int64 or WireKind.UInt32:
                Destination(node.Slot, 8);
                Load(node.Kind == WireKind.UInt32 ? WireKind.UInt32 : WireKind.Int64, offset);
                if (node.Kind == WireKind.UInt32) il.Emit(OpCodes.Conv_U8);
                StoreAs(OpCodes.Stind_I8);
                break;
            default:
                Destination(node.Slot, 4);
                Load(node.Kind == WireKind.Float32 ? WireKind.Int32 : node.Kind, offset);
                StoreAs(OpCodes.Stind_I4);
                break;
        }
    }

    // bits[row >> 3] |= (value != 0 ? 1 : 0) << (row & 7)
    private void StoreBit(WireNode node, int offset)
    {
        Array(node.Slot);
        il.Emit(OpCodes.Ldloc, row);
        Int(3);
        il.Emit(OpCodes.Shr);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Ldind_U1);
        Load(WireKind.UInt8, offset);
        Int(0);
        il.Emit(OpCodes.Cgt_Un);
        il.Emit(OpCodes.Ldloc, row);
        il.Emit(OpCodes.Conv_I4);
        Int(7);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Shl);
        il.Emit(OpCodes.Or);
        il.Emit(OpCodes.Conv_U1);
        il.Emit(OpCodes.Stind_I1);
    }

    private void Load(WireKind kind, int offset)
    {
        Source(offset);
        il.Emit(OpCodes.Unaligned, (byte)1);
        il.Emit(kind switch
        {
            WireKind.Bool or WireKind.UInt8 => OpCodes.Ldind_U1,
            WireKind.Int8 => OpCodes.Ldind_I1,
            WireKind.Int16 => OpCodes.Ldind_I2,
            WireKind.UInt16 => OpCodes.Ldind_U2,
            WireKind.UInt32 => OpCodes.Ldind_U4,
            WireKind.Int32 => OpCodes.Ldind_I4,
            _ => OpCodes.Ldind_I8,
        });
    }

    private void StoreAs(OpCode store)
    {
        il.Emit(OpCodes.Unaligned, (byte)1);
        il.Emit(store);
    }

    /// <summary>Moves past count elements; what is known afterwards is that the position is a multiple of <paramref name="modulus"/>.</summary>
    private void Advance(int width, int modulus)
    {
        il.Emit(OpCodes.Ldloc, position);
        il.Emit(OpCodes.Ldloc, count);
        if (width > 1)
        {
            Int(width);
            il.Emit(OpCodes.Mul);
        }

        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, position);
        (knownModulus, knownRest) = (Math.Min(modulus, maxAlignment), 0);
    }

    private void Source(int offset)
    {
        il.Emit(OpCodes.Ldloc, section);
        if (offset == 0) return;
        Int(offset);
        il.Emit(OpCodes.Add);
    }

    private void Here()
    {
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldloc, position);
        il.Emit(OpCodes.Add);
    }

    private void Array(int slot)
    {
        il.Emit(OpCodes.Ldloc, arrays);
        Int(slot * IntPtr.Size);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ldind_Ref);
        il.Emit(OpCodes.Call, ArrayOfBytes);
    }

    private void Destination(int slot, int width)
    {
        Array(slot);
        il.Emit(OpCodes.Ldloc, row);
        Int(width);
        il.Emit(OpCodes.Conv_I);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Add);
    }

    private void Counter(int region)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, typeof(WireRun).GetField(nameof(WireRun.Counters))!);
        Int(region);
    }

    private void SlotAndRow(WireNode node)
    {
        Int(node.Slot);
        il.Emit(OpCodes.Ldloc, row);
        il.Emit(OpCodes.Conv_I4);
    }

    private void Run() => il.Emit(OpCodes.Ldarg_0);

    private void Int(int value) => il.Emit(OpCodes.Ldc_I4, value);

    private void Call(string method) => il.Emit(OpCodes.Call, typeof(WireRun).GetMethod(method)!);

    private static MethodInfo Generic(string name) => typeof(MemoryMarshal).GetMethods().First(method => method.Name == name && method.IsGenericMethod);
}
