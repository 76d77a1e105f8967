namespace Mesh.Formats.Mdf.Decoding;

/// <summary>What is to be made of the read that fits a channel.</summary>
internal interface IReadUse<TResult>
{
    TResult Use<TRead, TRaw>(TRead read)
        where TRead : struct, IRead<TRaw>
        where TRaw : unmanaged;
}

/// <summary>Where a number lies and how much memory around it belongs to the record.</summary>
/// <param name="Type">Type.</param>
/// <param name="At">First byte.</param>
/// <param name="BitOffset">First bit in it.</param>
/// <param name="BitCount">Width.</param>
/// <param name="Before">Bytes of the record in front of the first byte.</param>
/// <param name="After">Bytes of the record from the first byte on.</param>
internal readonly record struct NumberPlace(MdfDataType Type, int At, int BitOffset, int BitCount, int Before, int After)
{
    public int Bytes => (BitOffset + BitCount + 7) / 8;

    /// <summary>Whether a number of that type can have that width.</summary>
    public string? Problem => Type switch
    {
        MdfDataType.FloatLittleEndian or MdfDataType.FloatBigEndian when BitCount is not (16 or 32 or 64) => $"a floating-point number cannot have {BitCount} bits",
        MdfDataType.VaxFloat or MdfDataType.VaxDFloat when BitCount is not (32 or 64) => $"a VAX number cannot have {BitCount} bits",
        _ when BitCount is < 1 or > 64 => $"a number cannot have {BitCount} bits",
        _ => null,
    };
}

/// <summary>Picks the fastest read for a number's place.</summary>
internal static class RawReader
{
    public static TResult Choose<TUse, TResult>(in NumberPlace place, TUse use)
        where TUse : struct, IReadUse<TResult>
    {
        if (place.BitOffset == 0 && TryChooseWhole<TUse, TResult>(place, use, out var result)) return result;
        bool isBig = place.Type is MdfDataType.UnsignedBigEndian or MdfDataType.SignedBigEndian or MdfDataType.FloatBigEndian;
        int spare = 64 - place.BitCount;
        if (place.Bytes > 8)
        {
            return isBig
                ? Cut<TUse, TResult, BigNine>(place, use, new BigNine(place.At, place.BitOffset), spare)
                : Cut<TUse, TResult, LittleNine>(place, use, new LittleNine(place.At, place.BitOffset), spare);
        }

        // A window of eight bytes may not leave the record: near its end the window begins before the value.
        int back = Math.Max(0, 8 - place.After);
        if (back > place.Before)
        {
            return isBig
                ? Cut<TUse, TResult, BigBytes>(place, use, new BigBytes(place.At, place.Bytes), spare - place.BitOffset)
                : Cut<TUse, TResult, LittleBytes>(place, use, new LittleBytes(place.At, place.Bytes), spare - place.BitOffset);
        }

        int start = place.At - back;
        return isBig
            ? Cut<TUse, TResult, BigWindow>(place, use, new BigWindow(start), spare - place.BitOffset - (8 * (8 - back - place.Bytes)))
            : Cut<TUse, TResult, LittleWindow>(place, use, new LittleWindow(start), spare - place.BitOffset - (8 * back));
    }

    private static bool TryChooseWhole<TUse, TResult>(in NumberPlace place, TUse use, out TResult result)
        where TUse : struct, IReadUse<TResult>
    {
        int at = place.At;
        switch (place.Type, place.BitCount)
        {
            case (MdfDataType.UnsignedLittleEndian or MdfDataType.UnsignedBigEndian, 8): result = use.Use<Aligned<byte>, int>(new(at)); return true;
            case (MdfDataType.SignedLittleEndian or MdfDataType.SignedBigEndian, 8): result = use.Use<Aligned<sbyte>, int>(new(at)); return true;
            case (MdfDataType.UnsignedLittleEndian, 16): result = use.Use<Aligned<ushort>, int>(new(at)); return true;
            case (MdfDataType.UnsignedLittleEndian, 32): result = use.Use<Aligned<uint>, long>(new(at)); return true;
            case (MdfDataType.UnsignedLittleEndian, 64): result = use.Use<Aligned<ulong>, ulong>(new(at)); return true;
            case (MdfDataType.UnsignedBigEndian, 16): result = use.Use<Swapped<ushort>, int>(new(at)); return true;
            case (MdfDataType.UnsignedBigEndian, 32): result = use.Use<Swapped<uint>, long>(new(at)); return true;
            case (MdfDataType.UnsignedBigEndian, 64): result = use.Use<Swapped<ulong>, ulong>(new(at)); return true;
            case (MdfDataType.SignedLittleEndian, 16): result = use.Use<Aligned<short>, int>(new(at)); return true;
            case (MdfDataType.SignedLittleEndian, 32): result = use.Use<Aligned<int>, int>(new(at)); return true;
            case (MdfDataType.SignedLittleEndian, 64): result = use.Use<Aligned<long>, long>(new(at)); return true;
            case (MdfDataType.SignedBigEndian, 16): result = use.Use<Swapped<short>, int>(new(at)); return true;
            case (MdfDataType.SignedBigEndian, 32): result = use.Use<Swapped<int>, int>(new(at)); return true;
            case (MdfDataType.SignedBigEndian, 64): result = use.Use<Swapped<long>, long>(new(at)); return true;
            case (MdfDataType.FloatLittleEndian, 16): result = use.Use<Aligned<Half>, float>(new(at)); return true;
            case (MdfDataType.FloatLittleEndian, 32): result = use.Use<Aligned<float>, float>(new(at)); return true;
            case (MdfDataType.FloatLittleEndian, 64): result = use.Use<Aligned<double>, double>(new(at)); return true;
            case (MdfDataType.FloatBigEndian, 16): result = use.Use<Swapped<Half>, float>(new(at)); return true;
            case (MdfDataType.FloatBigEndian, 32): result = use.Use<Swapped<float>, float>(new(at)); return true;
            case (MdfDataType.FloatBigEndian, 64): result = use.Use<Swapped<double>, double>(new(at)); return true;
            default: result = default!; return false;
        }
    }

    private static TResult Cut<TUse, TResult, TLoad>(in NumberPlace place, TUse use, TLoad load, int up)
        where TUse : struct, IReadUse<TResult>
        where TLoad : struct, IBitLoad
    {
        int down = 64 - place.BitCount;
        switch (place.Type)
        {
            case MdfDataType.SignedLittleEndian or MdfDataType.SignedBigEndian:
                var signed = new SignedBits<TLoad>(load, up, down);
                return place.BitCount <= 32 ? use.Use<SignedBits<TLoad>, int>(signed) : use.Use<SignedBits<TLoad>, long>(signed);
            case MdfDataType.FloatLittleEndian or MdfDataType.FloatBigEndian:
                var real = new FloatBits<TLoad>(load, up, place.BitCount);
                return place.BitCount <= 32 ? use.Use<FloatBits<TLoad>, float>(real) : use.Use<FloatBits<TLoad>, double>(real);
            case MdfDataType.VaxFloat or MdfDataType.VaxDFloat:
                var vax = new VaxBits<TLoad>(load, up, place.BitCount, place.Type == MdfDataType.VaxDFloat);
                return place.BitCount == 32 ? use.Use<VaxBits<TLoad>, float>(vax) : use.Use<VaxBits<TLoad>, double>(vax);
            default:
                var unsigned = new UnsignedBits<TLoad>(load, up, down);
                return place.BitCount switch
                {
                    <= 31 => use.Use<UnsignedBits<TLoad>, int>(unsigned),
                    <= 63 => use.Use<UnsignedBits<TLoad>, long>(unsigned),
                    _ => use.Use<UnsignedBits<TLoad>, ulong>(unsigned),
                };
        }
    }
}
