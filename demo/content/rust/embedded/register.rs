//! Access to device registers by field.

/// A register of 32 bits behind some bus.
pub trait Bus {
    type Error;

    fn read(&mut self, address: u8) -> Result<u32, Self::Error>;
    fn write(&mut self, address: u8, value: u32) -> Result<(), Self::Error>;
}

/// A run of bits within a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub address: u8,
    pub shift: u8,
    pub width: u8,
}

impl Field {
    pub const fn new(address: u8, shift: u8, width: u8) -> Self {
        Field { address, shift, width }
    }

    const fn mask(self) -> u32 {
        let ones = if self.width >= 32 { u32::MAX } else { (1 << self.width) - 1 };
        ones << self.shift
    }
}

/// The register that tells what the device is.
pub const DEVICE_ID: Field = Field::new(@K3@, 0, 8);

/// A driver that owns its bus.
#[derive(Debug)]
pub struct @Type@<B> {
    bus: B,
}

impl<B: Bus> @Type@<B> {
    pub const fn new(bus: B) -> Self {
        @Type@ { bus }
    }

    pub fn get(&mut self, field: Field) -> Result<u32, B::Error> {
        let raw = self.bus.read(field.address)?;
        Ok((raw & field.mask()) >> field.shift)
    }

    /// Changes one field and leaves its neighbours alone.
    pub fn set(&mut self, field: Field, value: u32) -> Result<(), B::Error> {
        let raw = self.bus.read(field.address)?;
        let value = (raw & !field.mask()) | ((value << field.shift) & field.mask());
        self.bus.write(field.address, value)
    }

    /// Gives the bus back.
    pub fn release(self) -> B {
        self.bus
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    struct Memory([u32; 16]);

    impl Bus for Memory {
        type Error = core::convert::Infallible;

        fn read(&mut self, address: u8) -> Result<u32, Self::Error> {
            Ok(self.0[usize::from(address)])
        }

        fn write(&mut self, address: u8, value: u32) -> Result<(), Self::Error> {
            self.0[usize::from(address)] = value;
            Ok(())
        }
    }

    #[test]
    fn neighbours_stay() {
        let mut device = @Type@::new(Memory([0xffff_0000; 16]));
        let field = Field::new(2, 4, 8);
        device.set(field, 0x1a5).unwrap();
        assert_eq!(device.get(field), Ok(0xa5));
        assert_eq!(device.release().0[2], 0xffff_0a50);
    }
}
